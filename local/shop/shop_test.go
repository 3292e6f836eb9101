package shop

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/local/engine"
	"github.com/serverless-shop/serverless-shop/local/machine"
	"github.com/serverless-shop/serverless-shop/local/progress"
)

func checkout(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "Pulumi.yaml"), "name: shop\nruntime: go\n")
	write(t, filepath.Join(root, "Pulumi.local.yaml"), localConfig)
	return root
}

const localConfig = `# a comment
config:
  aws:region: us-east-1
  aws:accessKey: test
  aws:endpoints:
    - s3: http://127.0.0.1:4566
      sts: http://127.0.0.1:4566
  shop:cognitoEndpoint: http://127.0.0.1:4566
  shop:siteUrl: http://localhost:8080
  shop:other: http://127.0.0.1:45667
encryptionsalt: v1:abc
`

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

func load(t *testing.T, dir string, env map[string]string) (*Settings, error) {
	t.Helper()
	return Load(dir, func(name string) string { return env[name] })
}

func TestSettings(t *testing.T) {
	root := checkout(t)
	require.NoError(t, os.MkdirAll(filepath.Join(root, "web", "src"), 0o755))
	s, err := load(t, filepath.Join(root, "web", "src"), nil)
	require.NoError(t, err)
	require.Equal(t, Settings{Root: root, Local: filepath.Join(root, ".local"), Bind: "127.0.0.1", Port: 8080, EmulatorPort: 4566, Project: "shop"}, *s)

	s, err = load(t, root, map[string]string{"SHOP_PORT": "8081", "SHOP_EMULATOR_PORT": "4567", "SHOP_LOCAL_DIR": ".local-2", "SHOP_BIND": "0.0.0.0"})
	require.NoError(t, err)
	require.Equal(t, filepath.Join(root, ".local-2"), s.Local)
	require.Equal(t, "http://localhost:8081", s.URL())
	require.Equal(t, "http://127.0.0.1:8081", s.frontDoorURL())
}

func TestWrongSettingsAreRefused(t *testing.T) {
	root := checkout(t)
	for variable, value := range map[string]string{
		"SHOP_PORT": "80", "SHOP_EMULATOR_PORT": "many", "SHOP_BIND": "everywhere", "SHOP_LOCAL_DIR": "..",
	} {
		_, err := load(t, root, map[string]string{variable: value})
		require.ErrorContains(t, err, variable)
		require.ErrorContains(t, err, "want", variable)
	}
	_, err := load(t, root, map[string]string{"SHOP_LOCAL_DIR": "."})
	require.ErrorContains(t, err, "holds the repository")
	_, err = load(t, root, map[string]string{"SHOP_PORT": "4566"})
	require.ErrorContains(t, err, "two different ports")
	_, err = load(t, t.TempDir(), nil)
	require.ErrorContains(t, err, "no Pulumi.yaml")
}

func TestConfigurationFollowsThePorts(t *testing.T) {
	root := checkout(t)
	s, err := load(t, root, nil)
	require.NoError(t, err)
	stack, err := s.Stack()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(root, "Pulumi.local.yaml"), stack.ConfigFile)

	s, err = load(t, root, map[string]string{"SHOP_PORT": "8084", "SHOP_EMULATOR_PORT": "4604"})
	require.NoError(t, err)
	stack, err = s.Stack()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(root, ".local", "Pulumi.local.yaml"), stack.ConfigFile)
	data, err := os.ReadFile(stack.ConfigFile)
	require.NoError(t, err)
	want := strings.NewReplacer("1:4566\n", "1:4604\n", "localhost:8080", "localhost:8084").Replace(localConfig)
	require.Equal(t, want, string(data))
	original, err := os.ReadFile(filepath.Join(root, "Pulumi.local.yaml"))
	require.NoError(t, err)
	require.Equal(t, localConfig, string(original))
}

func TestPreviewConfigTakesTheProviderFromLocal(t *testing.T) {
	root := checkout(t)
	write(t, filepath.Join(root, "Pulumi.prod.yaml"), "config:\n  aws:region: eu-central-1\n  shop:logLevel: warn\nencryptionsalt: v1:x\n")
	s, err := load(t, root, nil)
	require.NoError(t, err)
	data, err := s.previewConfig("prod", 5000)
	require.NoError(t, err)
	require.YAMLEq(t, `
config:
  aws:region: eu-central-1
  shop:logLevel: warn
  aws:accessKey: test
  aws:endpoints: [{s3: "http://127.0.0.1:5000", sts: "http://127.0.0.1:5000"}]
`, string(data))
	data, err = mergeProvider(nil, []byte(localConfig))
	require.NoError(t, err)
	require.Contains(t, string(data), "aws:accessKey: test")
}

func TestPortErrorSuggestsAFreeOne(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	s := &Settings{Root: t.TempDir(), Local: t.TempDir(), Bind: "127.0.0.1", Port: port, EmulatorPort: port}
	err = s.checkPorts(t.Context())
	require.ErrorContains(t, err, "is in use by \"shop.test\" (pid ")
	require.ErrorContains(t, err, "SHOP_PORT=")
	require.ErrorContains(t, err, "SHOP_EMULATOR_PORT=")
	require.ErrorContains(t, err, "make up")
}

func TestStorefrontIsHashedWithoutWhatIsInstalledOrBuilt(t *testing.T) {
	web := t.TempDir()
	write(t, filepath.Join(web, "src", "a.ts"), "1")
	write(t, filepath.Join(web, "node_modules", "x.js"), "1")
	hash := func() string {
		h, err := hashTree(web, "node_modules", "dist")
		require.NoError(t, err)
		return h
	}
	before := hash()
	write(t, filepath.Join(web, "node_modules", "x.js"), "2")
	write(t, filepath.Join(web, "dist", "index.html"), "2")
	require.Equal(t, before, hash())
	write(t, filepath.Join(web, "src", "a.ts"), "2")
	changed := hash()
	require.NotEqual(t, before, changed)
	require.NoError(t, os.Rename(filepath.Join(web, "src", "a.ts"), filepath.Join(web, "src", "b.ts")))
	require.NotEqual(t, changed, hash())
}

func TestNothingRuns(t *testing.T) {
	s, err := load(t, checkout(t), nil)
	require.NoError(t, err)
	st := s.Status(context.Background())
	require.False(t, st.Up)
	var out bytes.Buffer
	st.Write(&out)
	require.Contains(t, out.String(), "make up")
	require.ErrorIs(t, s.Logs(context.Background(), &out, "", false), errNotRunning)
	var said []string
	say := func(format string, _ ...any) { said = append(said, format) }
	require.NoError(t, s.Down(context.Background(), say))
	require.NoError(t, s.Down(context.Background(), say))
	require.Equal(t, []string{"Nothing was running.", "Nothing was running."}, said)
}

func TestDeadEmulatorIsReported(t *testing.T) {
	s, err := load(t, checkout(t), nil)
	require.NoError(t, err)
	write(t, s.emulatorPID(), `{"pid":999999,"born":"x/1","port":4566}`)
	var out bytes.Buffer
	s.Status(context.Background()).Write(&out)
	require.Contains(t, out.String(), "has died")
	require.NoError(t, s.Down(context.Background(), func(string, ...any) {}))
	require.NoDirExists(t, s.Local)
}

func TestLockOfADeadEngineIsRemoved(t *testing.T) {
	root := checkout(t)
	s, err := load(t, root, nil)
	require.NoError(t, err)
	write(t, filepath.Join(root, ".tools", "bin", "pulumi"), "#!/bin/sh\necho \"$@\" >> calls\n")
	require.NoError(t, os.Chmod(filepath.Join(root, ".tools", "bin", "pulumi"), 0o755))
	write(t, filepath.Join(s.stateDir(), ".pulumi", "locks", "organization", "shop", "local", "x.json"), `{"pid":999999}`)
	write(t, engine.StateFile(s.stateDir(), "shop", "local"), `{"checkpoint":{"latest":{}}}`)
	var out bytes.Buffer
	d := progress.New(&out, progress.Plain, nil)
	defer d.Close()
	u := &up{Settings: s, d: d}
	u.stack, err = s.Stack()
	require.NoError(t, err)
	require.NoError(t, u.repair(context.Background(), d.Begin("deploy")))
	require.True(t, u.repaired)
	calls, err := os.ReadFile(filepath.Join(root, "calls"))
	require.NoError(t, err)
	require.Equal(t, "cancel --yes --stack local\n", string(calls))
	require.Contains(t, out.String(), "removing its lock")
}

func TestPendingOperationsAreSettledByARefresh(t *testing.T) {
	root := checkout(t)
	s, err := load(t, root, nil)
	require.NoError(t, err)
	file := engine.StateFile(s.stateDir(), "shop", "local")
	write(t, file, `{"checkpoint":{"latest":{"pending_operations":[{"type":"creating","resource":{"urn":"urn:pulumi:local::shop::t::products"}}]}}}`)
	write(t, filepath.Join(root, ".tools", "bin", "pulumi"), "#!/bin/sh\necho \"$@\" >> calls\n[ -f stuck ] || echo '{}' > "+file+"\n")
	require.NoError(t, os.Chmod(filepath.Join(root, ".tools", "bin", "pulumi"), 0o755))
	var out bytes.Buffer
	d := progress.New(&out, progress.Plain, nil)
	defer d.Close()
	u := &up{Settings: s, d: d}
	u.stack, err = s.Stack()
	require.NoError(t, err)
	write(t, filepath.Join(root, "stuck"), "")
	require.ErrorContains(t, u.repair(context.Background(), d.Begin("deploy")), "still pending: creating products")
	require.NoError(t, os.Remove(filepath.Join(root, "stuck")))
	require.NoError(t, u.repair(context.Background(), d.Begin("deploy")))
	require.True(t, u.repaired)
	calls, err := os.ReadFile(filepath.Join(root, "calls"))
	require.NoError(t, err)
	require.Contains(t, string(calls), "refresh --json --non-interactive --stack local --skip-preview --yes --clear-pending-creates")
	require.Contains(t, out.String(), "interrupted during: creating products")
}

func TestTransientFailures(t *testing.T) {
	require.True(t, transient(&engine.OperationError{Diagnostics: []string{"x: read tcp: use of closed network connection"}}))
	require.False(t, transient(&engine.OperationError{Diagnostics: []string{"x: AccessDenied"}}))
	require.False(t, transient(nil))
}

func TestInstallerEvents(t *testing.T) {
	var out bytes.Buffer
	d := progress.New(&out, progress.JSON, nil)
	defer d.Close()
	failures := showInstaller(strings.NewReader(`{"step":"cli","state":"running","detail":"compiling"}
not json
{"step":"web","state":"running"}
{"step":"cli","state":"done"}
{"step":"web","state":"failed","detail":"Node: found 18, needed 20.19"}
`), d.Begin("tools"))
	require.Equal(t, []string{"web: Node: found 18, needed 20.19"}, failures)
	require.Contains(t, out.String(), `cli compiling, web`)
}

type fakeLogs map[string][]types.FilteredLogEvent

func (f fakeLogs) FilterLogEvents(_ context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	events, ok := f[*in.LogGroupName]
	if !ok {
		return nil, &types.ResourceNotFoundException{}
	}
	return &cloudwatchlogs.FilterLogEventsOutput{Events: events}, nil
}

func TestLogsAreMergedByTimeAndPrintedOnce(t *testing.T) {
	event := func(id string, at int64, message string) types.FilteredLogEvent {
		return types.FilteredLogEvent{EventId: &id, Timestamp: aws.Int64(at), Message: &message}
	}
	logs := fakeLogs{"/a": {event("1", 1000, "first\n"), event("2", 3000, "third")}, "/b": {event("1", 2000, "second")}}
	var out bytes.Buffer
	p := &logPrinter{client: logs, groups: map[string]string{"a": "/a", "b": "/b", "never-ran": "/c"}, w: &out, seen: map[string]bool{}}
	require.NoError(t, p.print(context.Background()))
	require.NoError(t, p.print(context.Background()))
	var messages []string
	for line := range strings.Lines(out.String()) {
		messages = append(messages, strings.Join(strings.Fields(line)[1:], " "))
	}
	require.Equal(t, []string{"a first", "b second", "a third"}, messages)
}

func TestMails(t *testing.T) {
	emulator := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_ministack/ses/messages" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"messages":{"000000000000":[{"Source":"shop@x","To":["a@b"],"Subject":"Code <1>","BodyText":"123456","Timestamp":1},{"Source":"s","To":[],"Subject":"later","BodyText":"","BodyHtml":"<b>x</b>","Timestamp":"t"}]}}`))
	}))
	defer emulator.Close()
	_, port, err := net.SplitHostPort(emulator.Listener.Addr().String())
	require.NoError(t, err)
	s, err := load(t, checkout(t), map[string]string{"SHOP_EMULATOR_PORT": port})
	require.NoError(t, err)
	f := &frontDoor{Settings: s}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/_local/mails", nil)
	f.mails(w, r)
	require.Less(t, strings.Index(w.Body.String(), "later"), strings.Index(w.Body.String(), "123456"), "the last mail first")
	r.Header.Set("Accept", "text/html")
	w = httptest.NewRecorder()
	f.mails(w, r)
	require.Contains(t, w.Body.String(), "Code &lt;1&gt;")
	require.NotContains(t, w.Body.String(), "<b>x</b>")
}

func TestSummaryTable(t *testing.T) {
	s, err := load(t, checkout(t), nil)
	require.NoError(t, err)
	var out bytes.Buffer
	(&Summary{URL: s.URL(), APIURL: s.URL() + "/api", MailURL: s.MailURL(), ElapsedSeconds: 21.6}).Write(&out, s)
	for _, want := range []string{"http://localhost:8080\n", "/api/products", "demo@nordlicht.example  /  Demo-Shop-2026", "admin@nordlicht.example", "/_local/mails", ".local/logs", ".local/state", "make down"} {
		require.Contains(t, out.String(), want)
	}
}

func TestInstanceMarkMustBeThere(t *testing.T) {
	s, err := load(t, checkout(t), map[string]string{"SHOP_EMULATOR_PORT": "1025"})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	require.False(t, s.sameInstance(ctx), "no mark beside the state")
	require.NoError(t, machine.WriteFile(s.instanceFile(), []byte("abc")))
	require.False(t, s.sameInstance(ctx), "no emulator")
}
