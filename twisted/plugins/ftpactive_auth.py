"""
Makes C{--auth ftpactive:FILE} known to Twisted.
"""

from ftpactive.auth.hashfile import HashFileFactory

hashFile = HashFileFactory()
