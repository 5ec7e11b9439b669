"""The directions of imports. docs/architecture.md says why they are as they are."""

# Of a folder, what is in it, from the bottom up: each line imports from the lines above it only. What stands in one line does not
# import each other. A crate's lib.rs and main.rs and a folder's mod.rs put the rest together, and may import all of it.
CRATES = [
    ["workloads/address", "workloads/picture", "workloads/backoff"],
    ["workloads/report"],
    ["workloads/scene", "workloads/vp8", "workloads/signaling", "workloads/media", "workloads/detect"]
    + ["workloads/measure", "workloads/preview", "workloads/process"],
    ["workloads/server", "workloads/client", "crds"],
    ["operator", "plugin", "workloads/tests", "e2e/cluster"],
    ["bench", "e2e", "fuzz/targets"],
]
LAYERS = {
    "workloads/media/src": [
        ["addresses", "arrival", "assemble", "bucket", "datagrams", "description", "guard", "inbound", "packetise", "sctp", "stun"],
        ["path_mtu"],
        ["whole"],
        ["checks", "deliver_rtcp", "handshake", "late_candidates", "sockets", "streams"],
        ["relay"],
        ["fanout", "receiver"],
        ["simulation", "untrusted"],
    ],
    "workloads/measure/src": [
        ["frames", "settings", "verdict", "cause"],
        ["foreign", "statistics", "evidence"],
        ["clients"],
        ["recorder"],
        ["sessions", "views"],
        ["matching"],
        ["measurement"],
    ],
    "operator/src": [
        ["api_error", "backoff", "failing", "figures", "json", "kube_names", "leftovers", "quantity", "timestamps", "token_hash"],
        ["api_call", "settings"],
        ["conditions"],
        ["display"],
        ["run"],
        ["session"],
        ["clients"],
        ["cluster", "lease", "verdict"],
        ["certificates"],
        ["report_source", "http"],
        ["reports", "controller", "wait"],
        ["arguments"],
        ["operator"],
    ],
    "plugin/src": [
        ["request", "session"],
        ["session_report"],
        ["arguments", "diff", "doctor", "exit", "forward", "gather"],
        ["cluster"],
        ["commands"],
    ],
    "operator/src/reports": [
        ["moment", "stores", "refusal", "post", "metrics"],
        ["api_server", "status"],
        ["auth", "aggregate"],
        ["ledger"],
        ["writer", "api", "untrusted"],
    ],
}

# What crates never depend on, neither by themselves nor through others of this workspace; a folder stands for all in it.
NEVER_LINKED = {
    "workloads": ["k8s-openapi", "kube"],
    "workloads/server": ["opencv"],
    "crds": ["tokio"],
    "plugin": ["opencv", "rtc", "webrtc"],
}

# No I/O, and no clock: time is an argument, so that tests run on virtual time.
IO = ["tokio", "mio", "socket2", "hyper", "axum", "std::net::TcpStream", "std::net::UdpSocket", "std::fs", "std::thread", "std::process"]
IO += ["kube::Api", "kube::Client", "kube::api::Api", "kube::client", "kube::runtime::watcher", "kube::runtime::controller"]
IO += ["std::time::Instant::now", "std::time::SystemTime::now", "jiff::Timestamp::now", "jiff::Zoned::now"]

# What the files of a folder never import: files of other folders, or paths into other crates.
NEVER_IMPORTED = {
    "workloads/picture/src": IO,
    "workloads/scene/src": IO,
    "workloads/measure/src": IO,
    "workloads/detect/src": IO,
    "workloads/media/src/assemble": IO,
    "workloads/media/src/bucket": IO,
    "workloads/media/src/checks": IO,
    "workloads/media/src/description": IO,
    "workloads/media/src/handshake": IO,
    "workloads/media/src/packetise": IO,
    "workloads/media/src/path_mtu": IO,
    "workloads/media/src/relay/answer": IO,
    "workloads/media/src/relay/client": IO,
    "workloads/media/src/relay/permissions": IO,
    "workloads/media/src/sctp": IO,
    "workloads/media/src/streams": IO,
    "workloads/media/src/stun": IO,
    "workloads/signaling/src/codec": IO,
    "workloads/signaling/src/message": IO,
    "workloads/report/src/channel": IO,
    "workloads/process/src/bucket": IO,
    "workloads/process/src/connections/slots": IO,
    "operator/src/session": IO,
    "operator/src/settings": IO,
    "operator/src/run": IO,
    "operator/src/clients": IO,
    "operator/src/display": IO,
    "operator/src/backoff": IO,
    "operator/src/figures": IO,
    "operator/src/timestamps": IO,
    "operator/src/controller/build": IO,
    "operator/src/controller/observe": IO,
    "operator/src/reports/aggregate": IO,
    "operator/src/reports/status": IO,
    "operator/src/reports/post": IO,
    "operator/src/reports/auth/claims": IO,
    "operator/src/reports/auth/keys/public_key": IO,
    "operator/src/reports/auth/keys/schedule": IO,
    "operator/src/reports/auth/keys/set": IO,
    "operator/src/reports/auth/look_ups": IO,
    "operator/src/reports/auth/reviews": IO,
    "operator/src/reports/auth/token": IO,
    "operator/src/lease/election": IO,
    "operator/src/certificates/rotation": IO,
    "operator/src/certificates/publication": IO,
    "plugin/src/diff": IO,
    "plugin/src/doctor": IO,
    "plugin/src/gather": IO,
    "plugin/src/request": IO,
    "plugin/src/session": IO,
    "plugin/src/session_report": IO,
    "operator/src/http/access/admission": IO,
    "operator/src/http/access/audience": IO,
    "operator/src/http/access/memory": IO,
    "operator/src/http/access/rate": IO,
    "operator/src/http/access/right": IO,
    "operator/src/verdict/judge": IO,
    "operator/src/verdict/judgement": IO,
    "operator/src/verdict/numbers": IO,
    "operator/src/verdict/query": IO,
}

# What paths in docs/architecture.md are relative to.
DOCUMENT_FOLDERS = ["", "workloads", "operator/src"]
