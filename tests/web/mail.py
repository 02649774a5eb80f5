"""Mail of the tests' office, on its way wherever a test wants."""

from notifications.door import Post, prove, run_due
from tests.api.office import REGISTRY
from tests.notifications.small_office import HEAD, Basket
from tests.web.site import Site

WORDS = prove(REGISTRY)


def deliver(site: Site, basket: Basket | None = None) -> Basket:
    """Compose and deliver what is due; what has gone where."""
    taken = basket or Basket()
    engine = site.office.engine
    run_due(engine, Post(WORDS, HEAD, taken), engine.clock())
    return taken
