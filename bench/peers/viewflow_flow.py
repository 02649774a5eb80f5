"""The four steps as a flow of viewflow; to be imported once Django is set up, by its name in the app."""

from django.views.generic import View
from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.models import Process


class FourSteps(flow.Flow):
    process_class = Process

    start = flow.StartHandle().Next(this.submit)
    submit = flow.View(View.as_view()).Next(this.appraise)
    appraise = flow.View(View.as_view()).Next(this.approve)
    approve = flow.View(View.as_view()).Next(this.forward)
    forward = flow.View(View.as_view()).Next(this.end)
    end = flow.End()
