"""How campaigns say no."""

from fairground_common.errors import Conflict, NotFound


class CampaignNotFound(NotFound):
    """There is no such campaign."""

    code = "CAMPAIGN_NOT_FOUND"
    advice = "List the campaigns; one begins with the first grant that is credited."


class CampaignUndone(Conflict):
    """This campaign was undone; nothing is granted under its name any more."""

    code = "CAMPAIGN_UNDONE"
    advice = "Choose another name for what is to be granted now."


class CampaignFull(Conflict):
    """The campaign would have too many grants; none of these was credited."""

    code = "CAMPAIGN_FULL"
    advice = "Grant the rest under another name; `detail` says how many there are."


class CampaignBusy(Conflict):
    """The campaign is being granted or undone by somebody else."""

    code = "CAMPAIGN_BUSY"
    advice = "Repeat after Retry-After seconds, with the same Idempotency-Key."
