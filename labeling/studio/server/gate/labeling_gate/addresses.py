"""All addresses of the server: Label Studio's, and before them the layer's own. What ROOT_URLCONF names."""

from core.urls import *  # noqa: F403 - Django reads the names of this module, the handlers of errors too
from core.urls import urlpatterns as _vendor

from .own_routes import OWN_ROUTES

urlpatterns = [*OWN_ROUTES, *_vendor]
