"""FHIR R4 resources as plain data, made from a chart entry's JSON (notes/services/rendering.py).

Nothing here asks a database: the same entry always gives the same resources.
"""
