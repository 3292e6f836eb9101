//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// stepTimeout is how long a page may take to become what a step waits for.
const stepTimeout = 20 * time.Second

// tab is one visitor's browser: cookies and storage of its own, its console recorded.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	console  []chromedp.ConsoleMessage
	expected []*regexp.Regexp
}

// chromium is the one browser process of all tests, started by the first that needs it.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path := ""
	for _, name := range []string{os.Getenv("SHOP_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); name != "" && err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("no browser found (SHOP_CHROMIUM=%q, chromium, chromium-browser, google-chrome on PATH): install one, on Debian and Ubuntu: apt-get install chromium",
			os.Getenv("SHOP_CHROMIUM"))
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.Flag("headless", "new"), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-search-engine-choice-screen", true),
		chromedp.Flag("lang", "en-US"),
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run as root with it
	}
	// Both contexts live as long as the tests; TestMain ends the browser.
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	closeBrowser = func() {
		_ = chromedp.Cancel(ctx) // waits until its processes are gone
		stop()
	}
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return ctx, nil
})

// closeBrowser ends the browser if there is one.
var closeBrowser = func() {}

// newTab opens a window of a size. When the test is over it checks that nothing went wrong unseen, and if the test
// failed it keeps a picture and the console.
func newTab(t *testing.T, width, height int64, options ...chromedp.EmulateViewportOption) *tab {
	t.Helper()
	browser, err := chromium()
	require.NoError(t, err)
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	b := &tab{t: t, ctx: ctx}
	b.expect(`^warning: .*custom Amazon.* endpoint`) // Amplify, where Cognito is an emulator
	messages := chromedp.Console(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.console = append(b.console, m)
			b.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		b.keepEvidence()
		cancel()
		<-done
	})
	b.do("setting the size", chromedp.EmulateViewport(width, height, options...))
	return b
}

// expect lets messages on the console pass: the browser reports every answer of 400 and above as an error there, also
// those that a test provokes.
func (b *tab) expect(pattern string) { b.expected = append(b.expected, regexp.MustCompile(pattern)) }

// requireQuiet checks that the page has reported no error, no warning and no violation of its security policy.
func (b *tab) requireQuiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.console {
		if m.Type != chromedp.ConsoleError && m.Type != chromedp.ConsoleException && m.Type != chromedp.ConsoleWarning {
			continue
		}
		line := fmt.Sprintf("%s (%s)", m, m.URL)
		if !slices.ContainsFunc(b.expected, func(e *regexp.Regexp) bool { return e.MatchString(line) }) {
			b.t.Errorf("the browser's console says: %s", line)
		}
	}
}

// keepEvidence writes a picture and the console of a failed test.
func (b *tab) keepEvidence() {
	b.requireQuiet()
	if !b.t.Failed() {
		return
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		b.t.Logf("no picture: %v", err)
		return
	}
	dir := cmp.Or(os.Getenv("SHOP_LOCAL_DIR"), ".local")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	file := filepath.Join(dir, "e2e", regexp.MustCompile(`[^A-Za-z0-9_-]+`).ReplaceAllString(b.t.Name(), "-"))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		b.t.Logf("no picture: %v", err)
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	where, _ := chromedp.Run(ctx, chromedp.Location()) // a page that hangs has none
	var log strings.Builder
	fmt.Fprintf(&log, "page: %s\n", where)
	b.mu.Lock()
	console := slices.Clone(b.console)
	b.mu.Unlock()
	for _, m := range console {
		fmt.Fprintf(&log, "%s %s (%s:%d)\n", m.Time.Format("15:04:05.000"), m, m.URL, m.Line)
	}
	if err := os.WriteFile(file+".log", []byte(log.String()), 0o600); err != nil {
		b.t.Logf("no console log: %v", err)
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(file+".png", picture, 0o600)
	}
	if err != nil {
		b.t.Logf("no picture: %v", err)
		return
	}
	b.t.Logf("what the browser showed: %s.png, its console: %s.log", file, file)
}

func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, steps...), what)
}

// eval runs an expression of JavaScript in the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err, expression)
	return value
}

// wait waits until an expression of JavaScript is true.
func (b *tab) wait(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool]("!!("+expression+")", chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(stepTimeout)))
	require.NoError(b.t, err, "waiting for %s at %s", expression, b.safeLocation())
}

func (b *tab) safeLocation() string {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	where, _ := chromedp.Run(ctx, chromedp.Location())
	return where
}

// open goes to a page of the shop, as by typing its address.
func (b *tab) open(path string) {
	b.t.Helper()
	b.do("opening "+path, chromedp.Navigate(shop.url+path))
}

// path is where the tab is: path and query.
func (b *tab) path() string {
	b.t.Helper()
	return eval[string](b, `location.pathname + location.search`)
}

func (b *tab) waitForPath(path string) {
	b.t.Helper()
	b.wait(`location.pathname + location.search === ` + quote(path))
}

func quote(s string) string {
	data, _ := json.Marshal(s) // a string always encodes
	return string(data)
}

// click presses what a CSS selector finds, with the mouse.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do("clicking "+selector, chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// fill empties a field and types into it.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.do("waiting for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
	b.do("emptying "+selector, chromedp.Evaluate[chromedp.Void](`document.querySelector(`+quote(selector)+`).select()`))
	b.do("typing into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
	require.Equal(b.t, text, eval[string](b, `document.querySelector(`+quote(selector)+`).value`), selector)
}

// text returns what a person reads in an element.
func (b *tab) text(selector string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(selector), chromedp.NodeVisible))
	require.NoError(b.t, err, selector)
	return strings.TrimSpace(text)
}

// cards are the ids of the products in the grid, once it stands still.
func (b *tab) cards() []string {
	b.t.Helper()
	b.wait(`document.querySelector('[data-testid=product-grid][aria-busy=false]') && !document.querySelector('[data-testid=skeleton]')`)
	return eval[[]string](b, `[...document.querySelectorAll('main > ul [data-testid=product-card], main [data-testid=product-grid] [data-testid=product-card]')].map(c => c.dataset.productId)`)
}

// waitForCards waits until the grid shows exactly these products.
func (b *tab) waitForCards(ids []string) {
	b.t.Helper()
	want, err := json.Marshal(ids)
	require.NoError(b.t, err)
	b.wait(`JSON.stringify([...document.querySelectorAll('[data-testid=product-grid][aria-busy=false] [data-testid=product-card]')].map(c => c.dataset.productId)) === ` + quote(string(want)))
}

// requireFits checks that nothing makes the page wider than the window.
func (b *tab) requireFits() {
	b.t.Helper()
	wide := eval[string](b, `(() => {
		const room = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= room) return '';
		const far = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > room + 1).slice(0, 5);
		return document.documentElement.scrollWidth + ' > ' + room + ': ' + far.map(e => e.tagName + '.' + e.className).join(', ');
	})()`)
	require.Empty(b.t, wide, "%s scrolls sideways", b.path())
}

// listed are the ids that the API lists first for the storefront's query.
func listed(t *testing.T, query string) []string {
	t.Helper()
	var ids []string
	for _, p := range decode[page](t, get(t, api("/products?")+query), http.StatusOK).Items {
		ids = append(ids, p.ID)
	}
	return ids
}

// sizes are the windows that the shop must fit.
var sizes = map[string]struct{ width, height int64 }{"desktop": {1280, 900}, "phone": {390, 844}}

func TestBrowser_Shopping(t *testing.T) {
	for name, size := range sizes {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, size.width, size.height)
			b.open("/")
			require.Equal(t, listed(t, "sort=name&limit=24"), b.cards())
			require.Contains(t, eval[string](b, `document.title`), "Nordlicht")
			b.requireFits()

			// Search: the grid follows the typing, and the address follows the grid.
			b.fill(`input[name=q]`, "lamp")
			b.waitForPath("/?q=lamp")
			lamps := listed(t, "q=lamp&sort=name&limit=24")
			require.NotEmpty(t, lamps)
			b.waitForCards(lamps)
			b.requireFits()
			b.fill(`input[name=q]`, "qqqqqq")
			require.Contains(t, b.text(`[data-testid=empty]`), "qqqqqq")
			b.requireFits()

			// Back out of the search, into a category.
			b.click(`[data-testid=empty] a`)
			b.waitForPath("/")
			b.wait(`document.querySelector('input[name=q]').value === ''`)
			b.click(`[data-testid=categories] a[href="/?category=kitchen"]`)
			b.waitForPath("/?category=kitchen")
			b.waitForCards(listed(t, "category=kitchen&sort=name&limit=24"))
			require.Equal(t, "Kitchen", b.text("h1"))

			// Sort.
			b.do("sorting", chromedp.Evaluate[chromedp.Void](`(() => {
				const select = document.querySelector('[data-testid=sort]');
				select.value = '-price';
				select.dispatchEvent(new Event('change', {bubbles: true}));
			})()`))
			b.waitForPath("/?category=kitchen&sort=-price")
			dearest := listed(t, "category=kitchen&sort=-price&limit=24")
			b.waitForCards(dearest)
			b.requireFits()

			// A product, with its picture, and back to where one was.
			b.click(`[data-product-id="` + dearest[0] + `"]`)
			b.waitForPath("/products/" + dearest[0])
			b.requireProduct(dearest[0])
			b.requireFits()
			b.do("going back", chromedp.Evaluate[chromedp.Void](`history.back()`))
			b.waitForPath("/?category=kitchen&sort=-price")
			b.waitForCards(dearest)
		})
	}
}

// requireProduct checks that a product's page shows what the API says about it.
func (b *tab) requireProduct(id string) {
	b.t.Helper()
	p := decode[product](b.t, get(b.t, api("/products/")+id), http.StatusOK)
	b.wait(`document.querySelector('[data-testid=product] h1')?.textContent === ` + quote(p.Name))
	require.Equal(b.t, fmt.Sprintf("€%d.%02d", p.PriceCents/100, p.PriceCents%100), strings.ReplaceAll(b.text(`[data-testid=product] [data-testid=price]`), ",", ""))
	stock := "In stock"
	switch {
	case p.Stock == 0:
		stock = "Sold out"
	case p.Stock <= 5:
		stock = fmt.Sprintf("Only %d left", p.Stock)
	}
	require.Equal(b.t, stock, b.text(`[data-testid=product] [data-testid=stock]`))
	require.Contains(b.t, b.text(`[data-testid=description]`), strings.Fields(p.Description)[0])
	b.wait(`(i => i && i.complete && i.naturalWidth > 0)(document.querySelector('[data-testid=product] img'))`)
	require.Contains(b.t, eval[string](b, `document.title`), p.Name)
}

func TestBrowser_LoadMore(t *testing.T) {
	b := newTab(t, 1280, 900)
	b.open("/?sort=newest")
	first := b.cards()
	require.Len(t, first, 24)
	b.click(`[data-testid=load-more]`)
	b.wait(`document.querySelectorAll('[data-testid=product-card]').length === 48`)
	all := b.cards()
	require.Equal(t, first, all[:24])
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), 48, "a product is shown twice")
}

func TestBrowser_AddressesThatAreTypedOrShared(t *testing.T) {
	b := newTab(t, 1280, 900)
	ids := listed(t, "sort=-price&limit=24")
	b.open("/products/" + ids[0])
	b.requireProduct(ids[0])
	b.open("/?sort=-price")
	b.waitForCards(ids)
	require.Equal(t, "-price", eval[string](b, `document.querySelector('[data-testid=sort]').value`))

	b.open("/no/such/page")
	require.Contains(t, b.text(`[data-testid=empty]`), "no page")
	b.expect(`status of 404 .*no-such-product`)
	b.open("/products/no-such-product")
	require.Contains(t, b.text(`[data-testid=empty]`), "does not exist")
}

// A search of a visitor who wants to see what happens.
func TestBrowser_SearchedTextIsOnlyText(t *testing.T) {
	b := newTab(t, 1280, 900)
	const script = `<img src=x onerror=alert(1)><b>`
	b.open("/?q=" + "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%3Cb%3E")
	require.Contains(t, b.text(`[data-testid=empty]`), script)
	require.Zero(t, eval[int](b, `document.querySelectorAll('[data-testid=empty] img, [data-testid=empty] b').length`))
}

// confirmationCode is the code in the newest mail to an address.
func confirmationCode(t *testing.T, email string) string {
	t.Helper()
	var box struct {
		Mails []struct {
			To       []string
			BodyText string
		}
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		a := send(t, request{path: "/_local/mails", header: http.Header{"Accept": {"application/json"}}})
		require.NoError(t, json.Unmarshal([]byte(a.body), &box), a.body)
		for _, m := range box.Mails {
			if code := regexp.MustCompile(`\b\d{6}\b`).FindString(m.BodyText); code != "" && slices.Contains(m.To, email) {
				return code
			}
		}
		require.True(t, time.Now().Before(end), "no mail with a code was sent to %s: %.1000s", email, a.body)
	}
}

func TestBrowser_SignUpSignInSignOut(t *testing.T) {
	for name, size := range sizes {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, size.width, size.height)
			visitor := account{newID() + "@nordlicht.example", "Lykke-2026-lampe"}
			t.Cleanup(func() { deleteAccount(t, visitor) })

			b.open("/")
			b.cards()
			b.click(`[data-testid=sign-in-link]`)
			b.waitForPath("/sign-in")
			b.wait(`document.querySelector('input[name=password]')`)
			b.requireFits()
			b.click(`main a[href="/sign-up"]`)
			b.waitForPath("/sign-up")
			b.fill(`input[name=name]`, "Ada Lykke")
			b.fill(`input[name=email]`, visitor.email)
			b.fill(`input[name=password]`, "short")
			b.click(`[data-testid=submit]`)
			require.Contains(t, b.text(`[data-testid=form-error]`), "password")
			b.requireFits()
			b.fill(`input[name=password]`, visitor.password)
			require.Zero(t, eval[int](b, `document.querySelectorAll('[data-testid=password-rules] [data-met=false]').length`))
			b.click(`[data-testid=submit]`)

			b.waitForPath("/sign-up/confirm")
			require.Contains(t, b.text(`[data-testid=form-notice]`), visitor.email)
			b.requireFits()
			code := confirmationCode(t, visitor.email)
			b.expect(`status of 400 `)
			b.fill(`input[name=code]`, wrongCode(code))
			b.click(`[data-testid=submit]`)
			require.Equal(t, "This code is not correct. Please check it and try again.", b.text(`[data-testid=form-error]`))
			b.fill(`input[name=code]`, code)
			b.click(`[data-testid=submit]`)
			// Whether confirming also signs in is for the user pool to say.
			b.wait(`document.querySelector('[data-testid=user-name]') || location.pathname === '/sign-in'`)
			if b.path() == "/sign-in" {
				require.Contains(t, b.text(`[data-testid=form-notice]`), "confirmed")
				b.signIn(visitor)
			}
			b.requireSignedInAs("Ada Lykke")
			b.requireFits()
			b.do("reloading", chromedp.Reload())
			b.requireSignedInAs("Ada Lykke")
			b.signOut()

			b.click(`[data-testid=sign-in-link]`)
			b.signIn(account{visitor.email, "Not-the-passw0rd"})
			require.Equal(t, "The e-mail address or the password is not correct.", b.text(`[data-testid=form-error]`))
			require.Equal(t, "/sign-in", b.path())
			b.requireFits()
			b.signIn(visitor)
			b.requireSignedInAs("Ada Lykke")
			b.signOut()
		})
	}
}

// Who signs in on the way comes back to where they were, and an address that is taken is told in plain words.
func TestBrowser_AccountsThatExist(t *testing.T) {
	b := newTab(t, 1280, 900)
	b.expect(`status of 400 `)
	id := listed(t, "limit=1")[0]
	b.open("/products/" + id)
	b.requireProduct(id)
	b.click(`[data-testid=sign-in-link]`)
	b.waitForPath("/sign-in")
	b.signIn(account{"nobody-" + run + "@nordlicht.example", "Not-the-passw0rd"})
	require.Equal(t, "The e-mail address or the password is not correct.", b.text(`[data-testid=form-error]`), "must not tell who has an account")
	b.signIn(shop.customer)
	b.waitForPath("/products/" + id)
	b.wait(`document.querySelector('[data-testid=user-name]')`)
	b.signOut()

	b.open("/sign-up")
	b.fill(`input[name=name]`, "Somebody")
	b.fill(`input[name=email]`, shop.customer.email)
	b.fill(`input[name=password]`, "Lykke-2026-lampe")
	b.click(`[data-testid=submit]`)
	require.Contains(t, b.text(`[data-testid=form-error]`), "already an account")
}

// wrongCode is another code of six digits.
func wrongCode(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func (b *tab) signIn(a account) {
	b.t.Helper()
	b.fill(`input[name=email]`, a.email)
	b.fill(`input[name=password]`, a.password)
	b.click(`[data-testid=submit]`)
	b.wait(`!document.querySelector('[data-testid=submit][aria-disabled=true]')`)
}

func (b *tab) requireSignedInAs(name string) {
	b.t.Helper()
	b.wait(`document.querySelector('[data-testid=user-name]')?.textContent === ` + quote(name))
}

func (b *tab) signOut() {
	b.t.Helper()
	b.click(`[data-testid=sign-out]`)
	b.wait(`document.querySelector('[data-testid=sign-in-link]')`)
	// Amplify forgets the tokens a moment later.
	b.wait(`!Object.keys(localStorage).some(k => /token/i.test(k))`)
	b.do("reloading", chromedp.Reload())
	b.wait(`document.querySelector('[data-testid=sign-in-link]')`)
}

// The first thing that a visitor sees is complete: every picture in the window is there. With SHOP_SCREENSHOTS the
// README's pictures are taken of it.
func TestBrowser_FirstSight(t *testing.T) {
	for file, size := range map[string]struct {
		width, height int64
		scale         float64
	}{"storefront.png": {1280, 900, 1}, "storefront-phone.png": {390, 844, 2}} {
		t.Run(strings.TrimSuffix(file, ".png"), func(t *testing.T) {
			b := newTab(t, size.width, size.height, chromedp.EmulateScale(size.scale))
			b.open("/")
			b.cards()
			b.wait(`[...document.images].filter(i => i.getBoundingClientRect().top < innerHeight).every(i => i.complete && i.naturalWidth > 0)`)
			b.wait(`document.fonts.status === 'loaded'`)
			b.requireFits()
			ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
			defer cancel()
			picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
			require.NoError(t, err)
			require.Greater(t, len(picture), 20_000, "the picture is nearly empty")
			if dir := os.Getenv("SHOP_SCREENSHOTS"); dir != "" {
				if !filepath.IsAbs(dir) {
					dir = filepath.Join("..", "..", dir)
				}
				require.NoError(t, os.MkdirAll(dir, 0o755))
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), picture, 0o644))
			}
		})
	}
}
