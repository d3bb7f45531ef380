"""
Makes C{twistd activeftp} known to Twisted.
"""

from twisted.application.service import ServiceMaker

# twistd loads every plugin whenever it lists them.  The server is named by a
# string, so that nothing of it is imported before it is asked for.
activeftp = ServiceMaker(
    "ftpactive",
    "ftpactive.tap",
    "An FTP server at home with active mode.",
    "activeftp",
)
