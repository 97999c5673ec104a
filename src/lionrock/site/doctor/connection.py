"""How clients reach a site: its certificate, or the reverse proxy that has it, and whose word on addresses counts."""

from __future__ import annotations

import ipaddress
import time
from pathlib import Path

from lionrock.site.configuration import Configuration, ConfigurationInvalid, read_configuration
from lionrock.site.doctor.finding import Finding, error, ok, warning
from lionrock.site.tls import RENEW_WITHIN_DAYS, CertificateUnusable, read_pair

_WIDEST_V4, _WIDEST_V6 = 8, 32
"""Prefixes below these are networks of everybody, and no proxies'."""
_RENEW = "renew it, put both files in place, and send the site SIGHUP (a reverse proxy: have it read them again)"


def tls(directory: Path) -> Finding:
    """The certificate that the settings name."""
    try:
        configuration = read_configuration(directory)
    except ConfigurationInvalid:
        return warning("tls", "the settings cannot be read", "see configuration")
    files = configuration.tls
    if files.certificate is None or files.key is None:
        if any(origin.startswith("https:") for origin in configuration.access.passkey_origins):
            return _of_proxy(configuration)
        words = "no certificate: the site speaks plain HTTP, for this machine or a reverse proxy before it"
        return ok("tls", words)
    domain = configuration.access.passkey_domain
    return certificate(Path(files.certificate), Path(files.key), "tls", "" if domain == "localhost" else domain)


def _of_proxy(configuration: Configuration) -> Finding:
    if configuration.access.trusted_proxies:
        return ok("tls", "no certificate of the site's own: a trusted reverse proxy has it")
    words = "pages come over https and there is neither a certificate nor a trusted proxy: all clients have one address"
    return warning("tls", words, "name the proxy under [access] trusted_proxies, or a certificate under [tls]")


def certificate(path: Path, key: Path, code: str, host: str = "") -> Finding:
    """A certificate and its key: whether they belong together, who may read the key, when it ends, whom it is for."""
    try:
        pair = read_pair(path, key)
    except CertificateUnusable as unusable:
        return error(code, f"{unusable}", "put a certificate chain and its key there, both as PEM")
    mode = key.stat().st_mode & 0o777
    if mode & 0o077:
        return error(code, f"others may read {key} (mode {mode:04o})", f"chmod 600 {key}")
    now_s = time.time_ns() // 10**9
    if now_s < pair.begins_s:
        return error(code, f"the certificate in {path} is not in force yet", "set the clock, or wait for it")
    left = pair.days_left(now_s)
    if left < 0:
        return error(code, f"the certificate in {path} ended {-left} days ago", _RENEW)
    if left < RENEW_WITHIN_DAYS:
        return warning(code, f"the certificate in {path} ends in {left} days", _RENEW)
    if host and not pair.is_for(host):
        words = f"the certificate in {path} is for {', '.join(pair.names) or 'nobody'}, and not for {host}"
        return warning(code, words, "have one made for the domain of [access] passkey_domain")
    return ok(code, f"the certificate in {path} is its key's and ends in {left} days")


def trusted_proxies(directory: Path) -> Finding:
    """Who is trusted says where a client is; limits and the networks of keys count by that."""
    try:
        networks = read_configuration(directory).access.trusted_proxies
    except ConfigurationInvalid:
        return warning("trusted-proxies", "the settings cannot be read", "see configuration")
    if wide := [network for network in networks if _is_everybody(network)]:
        words = f"{', '.join(wide)} may say where a client is, which is nearly everybody"
        return error("trusted-proxies", words, "name the addresses of the proxies alone under [access] trusted_proxies")
    if networks:
        return ok("trusted-proxies", f"X-Forwarded-For is believed of {', '.join(networks)}")
    return ok("trusted-proxies", "X-Forwarded-For is believed of nobody")


def _is_everybody(network: str) -> bool:
    parsed = ipaddress.ip_network(network)
    return parsed.prefixlen < (_WIDEST_V4 if parsed.version == 4 else _WIDEST_V6)


CHECKS = (tls, trusted_proxies)
