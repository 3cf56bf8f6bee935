"""Why a forecast is what it is: what it rests on, where it looks, why it changed. The network is asked, never opened."""
