"""The mean day of each site over the typical days of a year."""

from __future__ import annotations

import pandas as pd

from optimizer.report.report_run import View


def mean_day(view: View) -> pd.DataFrame:
    """Return the mean of each power by site and hour, each typical day by the days it stands for.

    Returns
    -------
    pandas.DataFrame
        ``site``, ``hour`` and the powers of ``energy_by_hour`` in MW, sorted by site and hour.
    """
    frame = view.rows("energy_by_hour")
    calendar = view.case.derived.calendar
    weight = dict(zip(calendar.days, calendar.weight / calendar.weight.sum(), strict=True))
    powers = [name for name in frame.columns if name.endswith("_mw")]
    factor = frame["typical_day"].astype(str).map(weight).astype(float)
    weighted = frame[["site", "hour", *powers]].copy()
    weighted[powers] = weighted[powers].mul(factor, axis=0)
    return weighted.groupby(["site", "hour"], as_index=False)[powers].sum()
