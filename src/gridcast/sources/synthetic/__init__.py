"""A synthetic world: places, consumers and weather, whose truth is known."""
