"""The climate of one house: one model, and a parameter set for each kind of house.

``step`` moves a ``ClimateState`` on by some seconds and says every flow of heat, water and carbon dioxide on the way.
All functions here are plain arithmetic on ``NamedTuple``s of floats, so that they run as they are in a simulated base
and compiled (``greenhouse.plant.compiled``) in a season. What may not be is refused at the door (``checks``), not here.

Sections and equations named as "§1.4 (6)" are those of the design paper on the plant model; where a formula comes from
a publication, the docstring names that.
"""
