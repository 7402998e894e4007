"""Bowls a day on a slider."""

import panel as pn

pn.extension()
bowls = pn.widgets.IntSlider(name="bowls a day", start=0, end=300, value=120)
pn.Column("# 毎度あり", bowls, pn.bind(lambda count: f"{count * 900 * 26} yen a month", bowls)).servable(
    title="毎度あり"
)
