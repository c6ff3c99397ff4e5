from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from encounters.accounts import views

to_account = RedirectView.as_view(pattern_name="mfa_index")

urlpatterns = [
    path("", to_account, name="account"),
    path("session/", views.session_state, name="session_renew"),
    path("logout/", views.sign_out, name="account_logout"),
    # Addresses are kept by administrators: these pages of allauth are not offered.
    path("email/", to_account, name="account_email"),
    path("confirm-email/", to_account, name="account_email_verification_sent"),
    path("", include("allauth.urls")),
]
