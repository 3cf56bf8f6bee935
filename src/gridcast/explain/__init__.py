"""Why a forecast is what it is: what it rests on, where it looks, why it changed. Asks the network, and knows nothing of its inside."""
