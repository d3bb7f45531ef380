# Does one thing with Net::FTP:
#     perl netftp.pl HOST PORT USER PASSWORD active|passive DEED ARGUMENT ...
use strict;
use warnings;
use Net::FTP;

my ($host, $port, $user, $password, $way, $deed, @arguments) = @ARGV;

my $ftp = Net::FTP->new($host, Port => $port, Passive => $way eq "passive", Timeout => 30)
    or die $@;

sub opened {
    my ($local, $offset) = @_;
    open my $file, "<:raw", $local or die $!;
    seek $file, $offset, 0;
    return $file;
}

my %deeds = (
    upload       => sub { $ftp->put(@_) },
    download     => sub { $ftp->get(@_) },
    resumeUpload => sub {
        my ($local, $remote) = @_;
        my $there = $ftp->size($remote);
        $ftp->restart($there);
        $ftp->put(opened($local, $there), $remote);
    },
    resumeDownload   => sub { $ftp->get(@_, -s $_[1]) },
    append           => sub { $ftp->append(@_) },
    downloadWithTime => sub {
        my $time = $ftp->mdtm($_[0]) or return;
        $ftp->get(@_) and utime $time, $time, $_[1];
    },
    names        => sub { print map { "$_\n" } $ftp->ls(@_);  $ftp->ok },
    listing      => sub { print map { "$_\n" } $ftp->dir(@_); $ftp->ok },
    rename       => sub { $ftp->rename(@_) },
    delete       => sub { $ftp->delete(@_) },
    makeFolder   => sub { $ftp->mkdir(@_) },
    removeFolder => sub { $ftp->rmdir(@_) },
    removeTree   => sub { $ftp->rmdir(@_, 1) },
);

$ftp->login($user, $password) && $ftp->binary && $deeds{$deed}->(@arguments)
    or die $ftp->message;
$ftp->quit;
