"""Weather for the plant model: made from a seed, told as a scenario, or read from a file or a station's history.

Whatever it came from, it ends as one `series.WeatherSeries`.
"""
