"""From a request and the catalog to a locked tuple, or to the reasons why there is none."""
