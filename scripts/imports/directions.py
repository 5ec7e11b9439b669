"""The directions of imports. docs/architecture.md says why they are as they are."""

# Crates by their folders, from the bottom up: a crate depends on crates of the layers below its own only.
LAYERS = [
    ["workloads/picture", "workloads/report"],
    ["workloads/scene", "workloads/vp8", "workloads/signaling", "workloads/media", "workloads/detect"]
    + ["workloads/measure", "workloads/preview", "workloads/process"],
    ["workloads/server", "workloads/client", "crds"],
    ["operator", "bench", "workloads/tests", "e2e/cluster"],
    ["e2e"],
]

# What crates never depend on, neither by themselves nor through others of this workspace; a folder stands for all in it.
NEVER_LINKED = {
    "workloads": ["k8s-openapi", "kube"],
    "workloads/server": ["opencv"],
    "crds": ["tokio"],
}

# What the files of a folder never import: files of other folders, or paths into other crates.
NEVER_IMPORTED = {
    "operator/src/reports": ["operator/src/controller"],
    "operator/src/lease": ["operator/src/controller"],
}
