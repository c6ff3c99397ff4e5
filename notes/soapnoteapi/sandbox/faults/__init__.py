"""Misbehaving on demand, in every way that a service and the network before it can.

`catalogue` names and documents every fault; `orders` says how one is asked for (admin call, settings, header);
`armory` keeps what is armed, `journal` what struck and what became of each request. `exchange` puts them into effect on
requests, with `connection` for what happens below HTTP and `answers` for what is said; `jobs` and `webhooks` do
the same for accepted recordings and for deliveries. `calls` is the admin call, `misbehaviour` what the engine holds.
"""
