//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Go's AWS SDK can lose an answer whose head arrives before its body, and a deployment fails with it.
func TestEmulator_SendsHeadAndBodyInOnePacket(t *testing.T) {
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(shop.emulatorURL, "http://"))
	require.NoError(t, err)
	defer connection.Close()
	require.NoError(t, connection.SetDeadline(time.Now().Add(10*time.Second)))
	packet := make([]byte, 64<<10)
	for range 50 {
		_, err := io.WriteString(connection, "GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		n, err := connection.Read(packet)
		require.NoError(t, err)
		res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(packet[:n])), nil)
		require.NoError(t, err)
		_, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
		require.NoError(t, err, "the body is %d bytes long; with the head came only a part: %q", res.ContentLength, packet[:n])
	}
}
