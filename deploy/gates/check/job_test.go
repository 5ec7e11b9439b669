package gates

import (
	"context"
	"testing"

	"github.com/argoproj/argo-rollouts/metricproviders/job"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	log "github.com/sirupsen/logrus"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/kubernetes/fake"
	batchlisters "k8s.io/client-go/listers/batch/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// The provider is the one of Argo Rollouts; the Jobs that it makes end as a test says.
func TestTheEndOfItsJobDecidesAboutARollout(t *testing.T) {
	metric := metric(t, "job.yaml", map[string]string{"session": "release-gate"})
	run := &v1alpha1.AnalysisRun{ObjectMeta: metav1.ObjectMeta{
		Name: "app-7", Namespace: "media", UID: "b7d9bd0f-55b4-4e25-a8c9-6a1b52d5b0ee",
	}}
	cluster := fake.NewClientset()
	jobs, pods := indexer(), indexer()
	provider := job.NewJobProvider(
		*log.NewEntry(log.New()), cluster, batchlisters.NewJobLister(jobs), corelisters.NewPodLister(pods), "", false,
	)
	begun := provider.Run(run, metric)
	if begun.Phase != v1alpha1.AnalysisPhaseRunning {
		t.Fatalf("%s: %s", begun.Phase, begun.Message)
	}
	name := begun.Metadata[job.JobNameKey]
	// It becomes a label, and the name of the run.
	if complaints := validation.IsValidLabelValue(name); complaints != nil {
		t.Errorf("%s: %v", name, complaints)
	}
	made, err := cluster.BatchV1().Jobs("media").Get(context.Background(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if *made.Spec.BackoffLimit != 0 || made.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
		t.Errorf("what has failed is tried again: %+v", made.Spec)
	}
	made.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"batch.kubernetes.io/job-name": name}}
	for _, one := range []struct {
		ends     []batchv1.JobConditionType
		waiting  string
		expected v1alpha1.AnalysisPhase
	}{
		{nil, "", v1alpha1.AnalysisPhaseRunning},
		{[]batchv1.JobConditionType{batchv1.JobComplete}, "", v1alpha1.AnalysisPhaseSuccessful},
		{[]batchv1.JobConditionType{batchv1.JobFailed}, "", v1alpha1.AnalysisPhaseFailed},
		// Whoever cannot pull kubectl's image has not learnt anything of the media.
		{nil, "ImagePullBackOff", v1alpha1.AnalysisPhaseInconclusive},
	} {
		ended := made.DeepCopy()
		for _, end := range one.ends {
			condition := batchv1.JobCondition{Type: end, Status: corev1.ConditionTrue}
			ended.Status.Conditions = append(ended.Status.Conditions, condition)
		}
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "media", Labels: made.Spec.Selector.MatchLabels}}
		if one.waiting != "" {
			waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: one.waiting}}
			pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "begin", State: waiting}}
		}
		if err := jobs.Update(ended); err != nil {
			t.Fatal(err)
		}
		if err := pods.Update(pod); err != nil {
			t.Fatal(err)
		}
		if phase := provider.Resume(run, metric, begun).Phase; phase != one.expected {
			t.Errorf("%+v: %s", one, phase)
		}
	}
	// The next measurement of the same analysis is a run of its own.
	run.Status.MetricResults = []v1alpha1.MetricResult{{Name: metric.Name, Count: 1}}
	if again := provider.Run(run, metric).Metadata[job.JobNameKey]; again == name {
		t.Errorf("%s measures twice", name)
	}
}

func indexer() cache.Indexer {
	return cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
}
