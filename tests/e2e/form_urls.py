"""A form on a page of its own, which answers with what it got and how often."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

PAGE = Template(
    """{% extends "base.html" %}
{% block content %}
<h1>Plan</h1>
<form class="form" method="post" data-guard>
  {% csrf_token %}
  {% include "_form.html" %}
  <div class="actions"><button class="button button--primary" name="send" value="yes">Send</button></div>
</form>
<p><a href="/elsewhere/">Leave</a></p>
<p>Received {{ received|length }}: {{ received|join:", " }}</p>
{% endblock %}"""
)
received: list[str] = []


class PlanForm(forms.Form):
    plan = forms.CharField(widget=forms.Textarea, help_text="In your words.")
    urgent = forms.BooleanField(required=False)
    mode = forms.ChoiceField(choices=[("a", "By telephone"), ("b", "In person")], widget=forms.RadioSelect)


def page(request: HttpRequest) -> HttpResponse:
    form = PlanForm(request.POST or None)
    if form.is_valid():
        received.append(f"{form.cleaned_data['plan']}/{request.POST.get('send')}")
    return HttpResponse(PAGE.render(RequestContext(request, {"form": form, "received": received})))


urlpatterns = [
    path("plan/", page),
    path("elsewhere/", page),
    path("", include("config.urls")),
]
