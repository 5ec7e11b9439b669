{{/* What the names of a release's objects begin with. */}}
{{- define "ballsession.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride }}
{{- else if contains "ballsession" .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-ballsession" (.Release.Name | trunc 28 | trimSuffix "-") }}
{{- end -}}
{{- end }}

{{/* The labels that helm's objects have, beside those of the manifests. */}}
{{- define "ballsession.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- end }}

{{/* An image, of the values and the name of the program: by digest where there is one. */}}
{{- define "ballsession.image" -}}
{{- $values := (index . 0).Values.images -}}
{{- $image := index $values (index . 1) -}}
{{- $tag := $image.tag | default $values.tag | default (index . 0).Chart.AppVersion -}}
{{- with $image.registry | default $values.registry }}{{ . | trimSuffix "/" }}/{{ end -}}
{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $tag }}{{ end -}}
{{- end }}

{{/* Annotations of the operator's pods. It reads the defaults of sessions' pods once: with others it is another pod. */}}
{{- define "ballsession.podAnnotations" -}}
{{- with .Values.podDefaults }}
ballsession.dev/pod-defaults: {{ toYaml . | sha256sum | trunc 16 }}
{{- end }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Variables that are there only where something is not as it is by default. */}}
{{- define "ballsession.env" -}}
{{- with .Values.watchNamespace }}
- name: BALLSESSION_WATCH_NAMESPACE
  value: {{ . }}
{{- end }}
{{- with .Values.images.sessionPullPolicy }}
- name: BALLSESSION_IMAGE_PULL_POLICY
  value: {{ . }}
{{- end }}
{{- $lease := printf "%s-operator" (include "ballsession.fullname" .) }}
{{- if ne $lease "ballsession-operator" }}
- name: BALLSESSION_LEASE_NAME
  value: {{ $lease }}
{{- end }}
{{- end }}
