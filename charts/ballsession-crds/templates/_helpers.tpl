{{/* The labels of what this chart makes. */}}
{{- define "ballsession-crds.labels" -}}
app.kubernetes.io/name: ballsession-crds
app.kubernetes.io/part-of: ballsession
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- end }}
