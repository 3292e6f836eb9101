package demo

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// ground is the height at which things stand in a picture. The light comes from the upper left.
const ground = 650.0

// sketch is one picture in the making: a drawing board of 800 × 800 with the product's colours and a source of
// chance that is seeded from the product's id, so that the same product always gets the same picture.
type sketch struct {
	main, accent rgb
	pattern      string
	style        string

	rnd    *rand.Rand
	shapes strings.Builder
	defs   strings.Builder
	ids    int
	// gradients are those defined already, by their definition.
	gradients map[string]gradient
}

// newSketch prepares an empty board for the product.
func newSketch(p Product) *sketch {
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(p.ID)) // a hash never fails to write
	return &sketch{
		main:      tones[p.Picture.Color],
		accent:    tones[p.Picture.Accent],
		pattern:   p.Picture.Pattern,
		style:     p.Picture.Style,
		gradients: map[string]gradient{},
		rnd:       rand.New(rand.NewPCG(seed.Sum64(), 8)), //nolint:gosec // the same picture every time is the point
	}
}

// svg is the finished file.
func (s *sketch) svg() []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" width="800" height="800">` +
		`<defs>` + s.defs.String() + `</defs>` + s.shapes.String() + "</svg>\n")
}

// between picks a number from the product's own chance, for proportions and scatter.
func (s *sketch) between(low, high float64) float64 {
	return low + s.rnd.Float64()*(high-low)
}

// num writes a coordinate with one decimal at most: finer is invisible and makes the files larger.
func num(v float64) string {
	v = math.Round(v*10) / 10
	if v == 0 { // also turns -0 into 0
		return "0"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// d writes path data: every %v of the format takes the next number, rounded.
func d(format string, numbers ...float64) string {
	args := make([]any, len(numbers))
	for i, n := range numbers {
		args[i] = num(n)
	}
	return fmt.Sprintf(format, args...)
}

// add appends an element made of a tag and its attributes.
func (s *sketch) add(tag string, attrs ...string) {
	s.shapes.WriteString("<" + tag)
	for _, a := range attrs {
		s.shapes.WriteString(" " + a)
	}
	s.shapes.WriteString("/>")
}

// attr is one attribute with a number as its value.
func attr(name string, v float64) string { return name + `="` + num(v) + `"` }

// path fills an outline.
func (s *sketch) path(f fill, data string) { s.add("path", f.attr("fill"), `d="`+data+`"`) }

// line draws an outline with a round pen.
func (s *sketch) line(f fill, width float64, data string) {
	s.add("path", `fill="none" stroke-linecap="round" stroke-linejoin="round"`, f.attr("stroke"), attr("stroke-width", width), `d="`+data+`"`)
}

// tube draws a line as a round body: the line, then a thinner lighter one along its lit side.
func (s *sketch) tube(c rgb, width float64, data string) {
	s.line(c.darker(.18), width, data)
	s.line(c, width*.72, data)
	s.add("path", `fill="none" stroke-linecap="round" stroke-linejoin="round"`, faded{c.lighter(.5), .6}.attr("stroke"),
		attr("stroke-width", width*.2), `transform="translate(`+num(-width*.16)+` `+num(-width*.16)+`)"`, `d="`+data+`"`)
}

// rect fills a rectangle with rounded corners.
func (s *sketch) rect(f fill, x, y, w, h, round float64) {
	s.add("rect", f.attr("fill"), attr("x", x), attr("y", y), attr("width", w), attr("height", h), attr("rx", round))
}

// oval fills an ellipse.
func (s *sketch) oval(f fill, cx, cy, rx, ry float64) {
	s.add("ellipse", f.attr("fill"), attr("cx", cx), attr("cy", cy), attr("rx", rx), attr("ry", ry))
}

// disc fills a circle.
func (s *sketch) disc(f fill, cx, cy, r float64) {
	s.add("circle", f.attr("fill"), attr("cx", cx), attr("cy", cy), attr("r", r))
}

// ring draws a circle's outline.
func (s *sketch) ring(f fill, width, cx, cy, r float64) {
	s.add("circle", `fill="none"`, f.attr("stroke"), attr("stroke-width", width), attr("cx", cx), attr("cy", cy), attr("r", r))
}

// turned draws something rotated about a point.
func (s *sketch) turned(degrees, cx, cy float64, draw func()) {
	s.group(`transform="rotate(`+num(degrees)+` `+num(cx)+` `+num(cy)+`)"`, draw)
}

// moved draws something elsewhere and at another size: the board's centre on the ground goes to (x, y).
func (s *sketch) moved(x, y, scale float64, draw func()) {
	factor := strconv.FormatFloat(math.Round(scale*1000)/1000, 'f', -1, 64)
	s.group(`transform="translate(`+num(x-400*scale)+` `+num(y-ground*scale)+`) scale(`+factor+`)"`, draw)
}

// within draws something that is visible only inside the outline.
func (s *sketch) within(outline string, draw func()) {
	id := s.newID()
	s.defs.WriteString(`<clipPath id="` + id + `"><path d="` + outline + `"/></clipPath>`)
	s.group(`clip-path="url(#`+id+`)"`, draw)
}

// group draws several shapes that share attributes.
func (s *sketch) group(attrs string, draw func()) {
	s.shapes.WriteString("<g " + attrs + ">")
	draw()
	s.shapes.WriteString("</g>")
}

// newID is an id that the picture does not have yet.
func (s *sketch) newID() string {
	s.ids++
	return "i" + strconv.Itoa(s.ids)
}
