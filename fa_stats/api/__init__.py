"""FusionAuth's HTTP API as tables: what it shows of each, how it is asked, and how answers become rows."""
