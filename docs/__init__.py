"""The documents of fa_stats, and what writes their generated parts."""
