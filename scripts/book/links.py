"""That every link leads somewhere: to a file, to a heading in it, or to a site that is known."""

import re
import subprocess
from urllib.parse import urlsplit

from book import markdown

# Sites that the pages may lead to, and of GitHub these repositories alone.
SITES = {
    "kubernetes.io", "kind.sigs.k8s.io", "www.w3.org", "www.rfc-editor.org", "rustup.rs", "prometheus-operator.dev", "prometheus.io",
    "rust-lang.github.io", "istio.io", "linkerd.io", "docs.openshift.com", "docs.cilium.io", "grafana.com", "llvm.org",
}
REPOSITORIES = {
    "aiortc/aiortc", "bloomberg/goldpinger", "grafana/k6", "l7mp/stunner", "livekit/livekit-cli", "postfinance/kubenurse",
    "vpalmisano/webrtcperf",
}
# Names for examples, addresses that are the reader's own, and Services of an installation.
OWN = re.compile(r"(.*\.)?example(\.com)?|ballsession-[a-z-]+(\.[a-z-]+)*|localhost|127\.0\.0\.1|\[::1\]|.*\.(svc|local|box)")
ADDRESS = re.compile(r"https?://[^\s`'\"<>)|\]]+")


def pages(root):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=root, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return sorted(root / name for name in listed.splitlines() if (root / name).exists())


def complaints(root):
    parsed = {page: (page.read_text(), markdown.parse(page.read_text())) for page in pages(root)}
    found = []
    for page, (text, content) in parsed.items():
        name = page.relative_to(root)
        for link in content.links:
            problem = leads_nowhere(root, page, link.target, parsed)
            found += [f"{name}:{link.line}: {link.target}: {problem}"] if problem else []
        for number, line in enumerate(text.splitlines(), 1):
            problems = ((address, unknown(address)) for address in ADDRESS.findall(line))
            found += [f"{name}:{number}: {address}: {problem}" for address, problem in problems if problem]
    return found


def leads_nowhere(root, page, target, parsed):
    if urlsplit(target).scheme:
        # Of those all are found in the text.
        return None if target.startswith(("http://", "https://")) else "only http, https and relative links are checked"
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return "there is no such file"
    if not file.is_relative_to(root):
        return "that is outside of the repository"
    if anchor and (file not in parsed or anchor not in parsed[file][1].anchors):
        return f"there is no heading #{anchor}"
    return None


def unknown(address):
    parts = urlsplit(address.rstrip(".,;:"))
    host = (parts.netloc.rpartition("@")[2]).split(":")[0] if "[" not in parts.netloc else "[::1]"
    if OWN.fullmatch(host) or host in SITES:
        return None
    if host == "github.com":
        repository = "/".join(parts.path.strip("/").split("/")[:2]).removesuffix(".git")
        return None if repository in REPOSITORIES else "not among the repositories in scripts/book/links.py"
    return "not among the sites in scripts/book/links.py"
