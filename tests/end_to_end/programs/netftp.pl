# Drives Net::FTP: see program.py.  A line of its input is
#     HOST PORT USER PASSWORD active|passive DEED ARGUMENT ...
use strict;
use warnings;
use Net::FTP;

my $ftp;

sub opened {
    my ($local, $offset) = @_;
    open my $file, "<:raw", $local or die $!;
    seek $file, $offset, 0;
    return $file;
}

sub lines {
    return join "", map { "$_\n" } @_;
}

# What each gives is said.
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
    names        => sub { lines($ftp->ls(@_)) },
    listing      => sub { lines($ftp->dir(@_)) },
    rename       => sub { $ftp->rename(@_) },
    delete       => sub { $ftp->delete(@_) },
    makeFolder   => sub { $ftp->mkdir(@_) },
    removeFolder => sub { $ftp->rmdir(@_) },
    removeTree   => sub { $ftp->rmdir(@_, 1) },
);

sub obey {
    my ($host, $port, $user, $password, $way, $deed, @arguments) = @_;
    my $isPassive = $way eq "passive";
    $ftp = Net::FTP->new($host, Port => $port, Passive => $isPassive, Timeout => 30) or die $@;
    $ftp->login($user, $password) && $ftp->binary or die $ftp->message;
    my $said = $deeds{$deed}->(@arguments);
    defined $said && $ftp->ok or die $ftp->message;
    $ftp->quit;
    return $said;
}

$| = 1;
while (my $line = <STDIN>) {
    my $said = eval { obey(map { pack "H*", $_ } split " ", $line) };
    print defined $said ? "done " . unpack("H*", $said) : "failed " . unpack("H*", $@), "\n";
}
