"""A device on a line: its points read in blocks, written with a read-back, and kept alive."""

from devices.driver.driver import Driver
from devices.driver.stopping import LineStop
from devices.driver.writing import WriteOutcome, WriteState

__all__ = ["Driver", "LineStop", "WriteOutcome", "WriteState"]
