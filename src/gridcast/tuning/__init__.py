"""Search over settings: the space, the trials and where they are kept, and what came of it. It knows no panels and no networks."""

from gridcast.tuning.outcome import Tuned as Tuned
from gridcast.tuning.outcome import outcome_of as outcome_of
from gridcast.tuning.search import Budget as Budget
from gridcast.tuning.search import search_alone as search_alone
from gridcast.tuning.search import search_together as search_together
from gridcast.tuning.space import Space as Space
from gridcast.tuning.storage import library as library
from gridcast.tuning.study import Pruned as Pruned
from gridcast.tuning.study import Search as Search
from gridcast.tuning.study import begun as begun
