"""Video vendors: one module each, behind one interface (protocol.py). They know no models, no settings, and not each
other; services hand them an account and a door, and do the rest alike for all. README.md says how to add one."""
