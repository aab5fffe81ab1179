"""What a person sees when everything is up."""

from fairground_deploy.local.product import Product

_TEXT = """
  Fairground is ready: {url}   ({seconds:.1f} s)

  API documentation   {url}/docs
  first admin         {admin}
  data and logs       {data}

  Play (bash, curl):

    B={url}; J='content-type: application/json'
    curl -s $B/api/auth/register -H "$J" -d '{{"username":"player1","password":"a good password"}}'
    T=$(curl -s $B/api/auth/login -H "$J" -d '{{"username":"player1","password":"a good password"}}' \\
        | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')
    curl -s -X POST $B/api/roulette/play -H "authorization: Bearer $T"
    curl -s $B/api/season-pass/status -H "authorization: Bearer $T"
    curl -s $B/api/rewards -H "authorization: Bearer $T"

  Ctrl-C stops everything.
"""


def banner(product: Product, *, seconds: float) -> str:
    """Return the text: where it is, who the admin is (the password only when it is new), how to play."""
    admin = product.admin
    secret = f"password {admin.password}" if admin.is_new else f"password in {product.data.admin_password_file}"
    return _TEXT.format(
        url=product.gateway_url, seconds=seconds, admin=f"{admin.username}, {secret}", data=product.data.root
    )
