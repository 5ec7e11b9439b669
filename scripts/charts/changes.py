"""What values change of the manifests: for each file the lines whose blocks are replaced, or followed by more, the lines after each
of which something comes, and when an object is there at all.

A line that a file no longer has, or has twice, is an error. What is not named here goes into the chart as it is.
"""

# These are made otherwise: the namespace by `helm install --create-namespace`, the resource by a chart of its own.
LEFT_OUT = {"namespace.yaml", "../../crds"}

# What belongs to no namespace is for who may make that.
CLUSTER_SCOPED = {"ClusterRole", "ClusterRoleBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
NOT_CLUSTER_SCOPED = "not .Values.namespacedOnly"
POLICIES = {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
POLICIES_ENABLED = ".Values.admissionPolicies"
# Of all in deploy/monitoring.
SCRAPED = ".Values.monitoring.podMonitors.enabled"

# By file, beside what follows from the kind and the folder; None: whatever that is.
CONDITIONS = {
    "user-roles.yaml": ".Values.userRoles",
    "sessions-role.yaml": None,
    "sessions-role-binding.yaml": None,
    "disruption-budget.yaml": ".Values.podDisruptionBudget.enabled",
    "network-policy.yaml": ".Values.networkPolicy.enabled",
    "rules.yaml": ".Values.monitoring.rules.enabled",
}

# Instead of the annotations that all objects have.
ANNOTATIONS = {
    "service-account.yaml": "merge (dict) .Values.serviceAccountAnnotations .Values.commonAnnotations",
}

SESSIONS_ROLE = "{{ if .Values.namespacedOnly }}Role{{ else }}ClusterRole{{ end }}"

MONITOR_LABELS = """
    {{- with .Values.monitoring.podMonitors.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
"""

# What comes after each line that is like a pattern.
FOLLOWED = {
    "rules.yaml": {
        r"( +)runbook: docs/(runbooks/\w+)\.md": r"""
\1{{- with $.Values.monitoring.runbookBaseUrl }}
\1runbook_url: {{ trimSuffix "/" . }}/\2.html
\1{{- end }}
""",
    },
}

CHANGES = {
    "sessions-role.yaml": {
        "kind: ClusterRole": f"kind: {SESSIONS_ROLE}",
        "after:  name: ballsession-operator": """
  {{- if .Values.namespacedOnly }}
  namespace: {{ .Values.watchNamespace }}
  {{- end }}
""",
    },
    "sessions-role-binding.yaml": {
        "kind: ClusterRoleBinding": "kind: {{ if .Values.watchNamespace }}RoleBinding{{ else }}ClusterRoleBinding{{ end }}",
        "after:metadata:": """
  {{- with .Values.watchNamespace }}
  namespace: {{ . }}
  {{- end }}
""",
        "  kind: ClusterRole": f"  kind: {SESSIONS_ROLE}",
    },
    "disruption-budget.yaml": {
        "  maxUnavailable: 1": "  maxUnavailable: {{ .Values.podDisruptionBudget.maxUnavailable }}",
    },
    "network-policy.yaml": {
        "after:          port: 8081": """
      {{- with .Values.networkPolicy.httpFrom }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
""",
    },
    "operator-pods.yaml": {
        "      interval: 15s": "      interval: {{ .Values.monitoring.podMonitors.interval }}",
        "after:    app.kubernetes.io/part-of: ballsession": MONITOR_LABELS,
    },
    "session-pods.yaml": {
        "    any: true": """
    {{- if .Values.watchNamespace }}
    matchNames: [{{ .Values.watchNamespace }}]
    {{- else }}
    any: true
    {{- end }}
""",
        "      interval: 15s": "      interval: {{ .Values.monitoring.podMonitors.interval }}",
        "after:    app.kubernetes.io/part-of: ballsession": MONITOR_LABELS,
    },
    "rules.yaml": {
        "after:    app.kubernetes.io/part-of: ballsession": MONITOR_LABELS.replace("podMonitors", "rules"),
    },
    "deployment.yaml": {
        "  replicas: 2": "  replicas: {{ .Values.replicas }}",
        "    metadata:": """
    metadata:
      labels:
        app.kubernetes.io/name: ballsession-operator
        app.kubernetes.io/part-of: ballsession
        app.kubernetes.io/instance: {{ .Release.Name }}
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with include "ballsession.podAnnotations" . }}
      annotations:
        {{- . | nindent 8 }}
      {{- end }}
""",
        "      nodeSelector:": """
      nodeSelector:
        {{- toYaml .Values.nodeSelector | nindent 8 }}
      {{- with .Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with .Values.images.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
""",
        "      tolerations:": """
      {{- with .Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
""",
        "      securityContext:": """
      securityContext:
        {{- toYaml .Values.podSecurityContext | nindent 8 }}
""",
        "          image: ballsession-operator:VERSION": """
          image: {{ include "ballsession.image" (list . "operator") }}
""",
        "          imagePullPolicy: IfNotPresent": "          imagePullPolicy: {{ .Values.images.pullPolicy }}",
        "after:          args:": """
            {{- with .Values.extraArgs }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
""",
        "              value: ballsession-server:VERSION": """
              value: {{ include "ballsession.image" (list . "server") }}
""",
        "              value: ballsession-client:VERSION": """
              value: {{ include "ballsession.image" (list . "client") }}
""",
        "after:          env:": """
            {{- include "ballsession.env" . | nindent 12 }}
            {{- with .Values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
""",
        "          resources:": """
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
""",
        "          securityContext:": """
          securityContext:
            {{- toYaml .Values.securityContext | nindent 12 }}
""",
        "            name: ballsession-operator-pod-defaults": """
            name: {{ include "ballsession.fullname" . }}-operator-pod-defaults
""",
    },
}
