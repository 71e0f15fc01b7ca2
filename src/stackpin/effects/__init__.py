"""Where the world is touched: network, files, clock, processes. Only :mod:`stackpin.app` imports this."""
