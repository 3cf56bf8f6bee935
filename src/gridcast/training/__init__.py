"""Fitting networks: to windows and frames by a plain call, and the engine to its samples."""

from gridcast.training.everyday import Feed as Feed
from gridcast.training.everyday import Indexable as Indexable
from gridcast.training.everyday import Settings as Settings
from gridcast.training.everyday import frame_feed as frame_feed
from gridcast.training.everyday import predict as predict
from gridcast.training.everyday import train_model as train_model
