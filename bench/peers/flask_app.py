"""The three routes on Flask, with PyJWT to verify tokens; fetched keys are cached."""

import os
from functools import wraps

import jwt
from flask import Flask, g, jsonify, request

AUDIENCE = os.environ["AUDIENCE"]
ISSUER = os.environ["ISSUER"]

app = Flask(__name__)
keys = jwt.PyJWKClient(os.environ["JWKS_URI"], cache_keys=True)


def authenticated(view):
    @wraps(view)
    def wrapper():
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return jsonify(message="Requires authentication"), 401
        try:
            key = keys.get_signing_key_from_jwt(token).key
            g.claims = jwt.decode(token, key, ["RS256"], audience=AUDIENCE, issuer=ISSUER)
        except jwt.InvalidTokenError:
            return jsonify(message="Bad credentials"), 401
        return view()

    return wrapper


@app.get("/api/messages/public")
def public():
    return jsonify(message="The API doesn't require an access token to share this message.")


@app.get("/api/messages/protected")
@authenticated
def protected():
    return jsonify(message="The API successfully validated your access token.")


@app.get("/api/messages/admin")
@authenticated
def admin():
    if "read:admin-messages" not in g.claims.get("permissions", []):
        return jsonify(message="Permission denied"), 403
    return jsonify(message="The API successfully recognized you as an admin.")
