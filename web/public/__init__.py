"""What anybody may see without logging in: the register, exemplars, statistics, how a case stands."""
