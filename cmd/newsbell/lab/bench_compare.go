package lab

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/SherClockHolmes/webpush-go"
	"github.com/shirou/gopsutil/v4/process"
	"golang.org/x/sync/errgroup"

	"newsbell/notifier/pushtest"
)

const (
	// comparedInFlight is the number of goroutines for webpush-go, and of requests in flight
	// for node.
	comparedInFlight = 200
	// comparedPayload is the length of a typical alert's payload, in bytes.
	comparedPayload = 450
)

// compare measures the CPU that other senders need for a push.
func (b *Bench) compare(ctx context.Context, r *rig, service *pushService, progress *progressTable, f *benchFigures) error {
	row := progress.row("bare cryptography", b.compared)
	floor, err := cpuPer(b.compared, func() error { return bareCryptography(b.compared, row.increment) })
	if err != nil {
		return err
	}
	row.done(b.compared)
	f.FloorUs = floor
	f.RatioFloor = f.CPUUsPerPush / floor

	if err := r.resetSimulated(ctx); err != nil {
		return err
	}
	pushes := min(b.compared, f.Subscribers)
	row = progress.row("webpush-go", pushes)
	f.WebPushGoUs, err = cpuPer(pushes, func() error { return r.sendWithWebPushGo(ctx, service, pushes, row.increment) })
	if err != nil {
		return err
	}
	row.done(pushes)
	f.RatioWebPushGo = f.CPUUsPerPush / f.WebPushGoUs

	if err := r.resetSimulated(ctx); err != nil {
		return err
	}
	node, err := r.sendWithNode(ctx, service, pushes)
	if err != nil {
		fmt.Fprintln(os.Stderr, "node's web-push was not measured:", err)
		return nil
	}
	ratio := f.CPUUsPerPush / node
	f.NodeUs, f.RatioNode = &node, &ratio
	return nil
}

// cpuPer returns this process's CPU time in µs for each of the n operations of do.
func cpuPer(n int, do func() error) (float64, error) {
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		return 0, err
	}
	c := &child{watched: self}
	before, err := c.cpu()
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	after, err := c.cpu()
	return float64((after - before).Microseconds()) / float64(n), err
}

// bareCryptography does only the cryptography that RFC 8291 requires for each message.
func bareCryptography(n int, done func()) error {
	private, auth, err := pushtest.SimulatedReader(0).Keys()
	if err != nil {
		return err
	}
	p256dh := private.PublicKey().Bytes()
	var next atomic.Int64
	var group errgroup.Group
	for range runtime.NumCPU() {
		group.Go(func() error {
			for next.Add(1) <= int64(n) {
				if err := encrypt(p256dh, auth, make([]byte, 513)); err != nil {
					return err
				}
				done()
			}
			return nil
		})
	}
	return group.Wait()
}

func encrypt(p256dh, auth, padded []byte) error {
	sender, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	reader, err := ecdh.P256().NewPublicKey(p256dh)
	if err != nil {
		return err
	}
	secret, err := sender.ECDH(reader)
	if err != nil {
		return err
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	info := "WebPush: info\x00" + string(p256dh) + string(sender.PublicKey().Bytes())
	input, err := hkdf.Key(sha256.New, secret, auth, info, 32)
	if err != nil {
		return err
	}
	extracted, err := hkdf.Extract(sha256.New, input, salt)
	if err != nil {
		return err
	}
	key, err := hkdf.Expand(sha256.New, extracted, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return err
	}
	nonce, err := hkdf.Expand(sha256.New, extracted, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	gcm.Seal(padded[:0], nonce, padded, nil)
	return nil
}

// sendWithWebPushGo sends with the unchanged library, one shared client and many goroutines.
func (r *rig) sendWithWebPushGo(ctx context.Context, service *pushService, n int, done func()) error {
	client, err := service.client()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	options := &webpush.Options{
		HTTPClient: client, Subscriber: "editors@newsbell.example", TTL: 3600, Urgency: webpush.UrgencyNormal,
		VAPIDPublicKey: r.vapidKey.PublicKey, VAPIDPrivateKey: r.vapidKey.PrivateKey,
	}
	payload := make([]byte, comparedPayload)
	keys, err := comparedKeys()
	if err != nil {
		return err
	}
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range comparedInFlight {
		group.Go(func() error {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := sendOne(ctx, service, keys, int(i-1), payload, options); err != nil {
					return err
				}
				done()
			}
			return nil
		})
	}
	return group.Wait()
}

func sendOne(ctx context.Context, service *pushService, keys webpush.Keys, i int, payload []byte, options *webpush.Options) error {
	reader := pushtest.SimulatedReader(i)
	response, err := webpush.SendNotificationWithContext(ctx, payload, &webpush.Subscription{
		Endpoint: reader.Endpoint(service.URL), Keys: keys,
	}, options)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("the push service answers webpush-go with %s", response.Status)
	}
	return nil
}

// comparedKeys returns keys for all readers. The same keys cost a sender as much as different
// ones, and nobody decrypts these messages.
func comparedKeys() (webpush.Keys, error) {
	private, auth, err := pushtest.SimulatedReader(0).Keys()
	if err != nil {
		return webpush.Keys{}, err
	}
	encode := base64.RawURLEncoding.EncodeToString
	return webpush.Keys{P256dh: encode(private.PublicKey().Bytes()), Auth: encode(auth)}, nil
}
