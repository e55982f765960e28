"""What the web server's own log says."""

from __future__ import annotations

import logging


class WithoutClientsFaults(logging.Filter):
    """Say in one line that a client sent nonsense.

    uvicorn closes a socket whose text is not UTF-8 with code 1007, as it should, and writes a traceback each time: any
    client could fill the log with them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the traceback off; every record stays."""
        if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
            record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
        return True
