"""All pages of an installation, in the order in which their addresses are tried."""

from fastapi import APIRouter

from engine.definition.registry import Registry
from web.account.confirming import confirming_routes
from web.account.factor import factor_routes
from web.account.login import login_routes
from web.account.overview import account_routes
from web.account.password import password_routes
from web.account.tokens import token_routes
from web.administration.every import administration_routes
from web.assets import asset_routes
from web.bulk.pages import bulk_routes
from web.campaign.coverage import coverage_routes
from web.campaign.overview import overview_routes
from web.campaign.reminders import reminder_routes
from web.cases.acting import acting_routes
from web.cases.assigning import assigning_routes
from web.cases.beginning import beginning_routes
from web.cases.drafting import drafting_routes
from web.cases.editing import editing_routes
from web.cases.foretelling import foretelling_routes
from web.cases.page import case_page_routes
from web.cases.papers import papers_routes
from web.entry.pages import entry_routes
from web.entry.receipt import receipt_routes
from web.jobs.exporting import export_routes
from web.jobs.pages import job_routes
from web.mails.log import mail_log_routes
from web.mails.planned import planned_mail_routes
from web.pages import reference_pages
from web.passwords import password_pages
from web.public.looking_up import look_up_routes
from web.public.register import register_routes
from web.work.mine import my_work_routes
from web.work.queue import queue_routes
from web.work.signing import signing_routes


def site(registry: Registry) -> list[APIRouter]:
    """The routers. The last ones take any collection by name, so what has an address of its own goes before."""
    return [
        asset_routes(),
        login_routes(),
        password_pages(),
        confirming_routes(),
        account_routes(),
        password_routes(),
        factor_routes(),
        token_routes(),
        my_work_routes(),
        register_routes(),
        look_up_routes(),
        overview_routes(registry),
        coverage_routes(registry),
        reminder_routes(registry),
        planned_mail_routes(),
        mail_log_routes(),
        queue_routes(),
        signing_routes(),
        *administration_routes(),
        reference_pages(),
        job_routes(),
        export_routes(),
        entry_routes(),
        receipt_routes(),
        bulk_routes(),
        acting_routes(),
        editing_routes(),
        drafting_routes(),
        beginning_routes(),
        papers_routes(),
        assigning_routes(),
        foretelling_routes(),
        case_page_routes(),
    ]
