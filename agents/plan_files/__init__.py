"""In which files does a plan leave?

- ``export``: entry point; the formats and their files
- ``view``: a plan as its files need it
- ``csv_files``: long and wide CSV, safe to open in a spreadsheet
- ``workbook``: sheets of the xlsx file
- ``one_page``: the PDF for a client; ``budget_rows`` its table, ``chart`` its chart, ``canvas`` and
  ``typeface`` its page and its texts
- ``summary``: totals, actions, extrapolation and notes, for workbook and PDF
- ``media_plan``: the open Media Plan standard
- ``today``: which budgets to enter now; ``platforms``: what they may cost at worst
- ``ads_editor``: budgets for Google Ads Editor; ``shares``: the mapping that it needs
"""

from .csv_files import escaped, unescaped
from .export import FORMATS, PAGE_SIZES, export_plan, require_formats
from .platforms import WorstCase, platform_of, worst_case

__all__ = [
    "FORMATS",
    "PAGE_SIZES",
    "WorstCase",
    "escaped",
    "export_plan",
    "platform_of",
    "require_formats",
    "unescaped",
    "worst_case",
]
