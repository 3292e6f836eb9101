package demo

import (
	"math"
	"strings"
)

// tilt is how much of a circle's depth shows from the height of the viewer's eyes.
const tilt = .16

// stand draws the shadow of something that stands on the ground.
func (s *sketch) stand(cx, rx float64) {
	s.oval(s.glow(hex(0x1f1a2e), .5), cx+rx*.1, ground, rx*1.35, rx*.24+10)
	s.oval(s.glow(hex(0x1f1a2e), .55), cx, ground, rx*1.02, 18)
}

// cast draws the soft shadow of something flat that lies on the board or hangs before it.
func (s *sketch) cast(outline string) {
	s.group(`transform="translate(12 18)" stroke-linejoin="round" stroke="#1f1a2e" fill="#1f1a2e"`, func() {
		for _, soft := range []string{"28", "14"} {
			s.add("path", `fill-opacity=".07" stroke-opacity=".05" stroke-width="`+soft+`"`, `d="`+outline+`"`)
		}
	})
}

// lathe is the outline of something turned on a wheel: pairs of a height and the radius there, from the top down.
// Top and bottom end in the front half of a circle seen from slightly above.
func lathe(cx float64, profile ...float64) string {
	type point struct{ x, y float64 }
	var right []point
	for i := 0; i+1 < len(profile); i += 2 {
		right = append(right, point{profile[i+1], profile[i]})
	}
	n := len(right)
	var b strings.Builder
	b.WriteString(d("M%v %v", cx-right[0].x, right[0].y))
	// curve follows the points smoothly (a Catmull-Rom spline written as Bézier curves).
	curve := func(sign float64, at func(int) point) {
		for i := 0; i+1 < n; i++ {
			p0, p1, p2, p3 := at(max(i-1, 0)), at(i), at(i+1), at(min(i+2, n-1))
			b.WriteString(d("C%v %v %v %v %v %v",
				cx+sign*(p1.x+(p2.x-p0.x)/6), p1.y+(p2.y-p0.y)/6, cx+sign*(p2.x-(p3.x-p1.x)/6), p2.y-(p3.y-p1.y)/6, cx+sign*p2.x, p2.y))
		}
	}
	curve(-1, func(i int) point { return right[i] })
	bottom := right[n-1]
	b.WriteString(d("A%v %v 0 0 0 %v %v", bottom.x, bottom.x*tilt, cx+bottom.x, bottom.y))
	curve(1, func(i int) point { return right[n-1-i] })
	b.WriteString(d("A%v %v 0 0 1 %v %v", right[0].x, right[0].x*tilt, cx-right[0].x, right[0].y))
	return b.String() + "Z"
}

// turnedBody draws a round thing with the product's pattern on it and the given colour; the profile is lathe's.
func (s *sketch) turnedBody(c rgb, cx float64, profile ...float64) {
	outline := lathe(cx, profile...)
	s.path(s.round(c), outline)
	top, bottom, widest := profile[0], profile[len(profile)-2], 0.0
	for i := 1; i < len(profile); i += 2 {
		widest = math.Max(widest, profile[i])
	}
	s.decorate(outline, area{cx - widest, top, 2 * widest, bottom - top + widest*tilt}, widest*tilt)
	s.sheen(outline, cx-widest*.62, top, widest*.16, bottom-top)
}

// sheen is a soft upright streak of light inside an outline.
func (s *sketch) sheen(outline string, x, y, w, h float64) {
	s.within(outline, func() {
		s.oval(s.glow(hex(0xffffff), .55), x+w/2, y+h*.45, w*1.3, h*.62)
	})
}

// mouth draws the opening of a vessel: rim, then the inside.
func (s *sketch) mouth(c rgb, cx, y, r, rim float64) {
	s.oval(s.round(c.lighter(.2)), cx, y, r, r*tilt)
	s.oval(s.down(c.darker(.45), c.darker(.1)), cx, y+rim*.15, r-rim, (r-rim)*tilt)
}

// contents fills a vessel's opening with a liquid or with earth.
func (s *sketch) contents(c rgb, cx, y, r float64) {
	s.oval(s.slope(c), cx, y, r, r*tilt*.92)
	s.oval(light(.18), cx-r*.35, y-r*tilt*.2, r*.3, r*tilt*.25)
}

// area is a rectangle on the board.
type area struct{ x, y, w, h float64 }

// box is the outline of a rectangle with rounded corners.
func box(x, y, w, h, r float64) string {
	return d("M%v %vh%va%v %v 0 0 1 %v %vv%va%v %v 0 0 1 %v %vh%va%v %v 0 0 1 %v %vv%va%v %v 0 0 1 %v %vZ",
		x+r, y, w-2*r, r, r, r, r, h-2*r, r, r, -r, r, -(w - 2*r), r, r, -r, -r, -(h - 2*r), r, r, r, -r)
}

// circle is the outline of a circle or, with two radii, of an ellipse.
func circle(cx, cy, rx, ry float64) string {
	return d("M%v %va%v %v 0 1 0 %v 0a%v %v 0 1 0 %v 0Z", cx-rx, cy, rx, ry, 2*rx, rx, ry, -2*rx)
}

// polygon is the outline through the points, given as pairs.
func polygon(points ...float64) string {
	var b strings.Builder
	for i := 0; i+1 < len(points); i += 2 {
		b.WriteString(map[bool]string{true: "M", false: "L"}[i == 0] + d("%v %v", points[i], points[i+1]))
	}
	return b.String() + "Z"
}

// grain draws wood grain inside an outline.
func (s *sketch) grain(outline string, c rgb, a area) {
	s.within(outline, func() {
		var b strings.Builder
		for y := a.y + a.h*.08; y < a.y+a.h; y += a.h * s.between(.09, .17) {
			b.WriteString(d("M%v %vQ%v %v %v %vT%v %v", a.x, y, a.x+a.w*.25, y+s.between(-9, 9), a.x+a.w*.5, y, a.x+a.w, y+s.between(-6, 6)))
		}
		s.line(faded{c.darker(.35), .3}, 2.5, b.String())
	})
}

// leafShape is a leaf from its stem at (x, y), pointing in the direction given in degrees (0 is up).
func (s *sketch) leafShape(c rgb, x, y, length, width, degrees float64) {
	shine := s.gradient("linearGradient", `x2="1" y2="0"`, stop{0, c.lighter(.18), 1}, stop{.5, c, 1}, stop{.5, c.darker(.1), 1}, stop{1, c.darker(.22), 1})
	whole := math.Round // a leaf's outline needs no decimals, and some plants have many leaves
	s.add("path", shine.attr("fill"), `transform="rotate(`+num(whole(degrees))+` `+num(x)+` `+num(y)+`)"`,
		`d="`+d("M%v %vc%v %v %v %v 0 %vc%v %v %v %v 0 %vZ", x, y, whole(-width), whole(-length*.3), whole(-width*.7), whole(-length*.8), whole(-length),
			whole(width*.7), whole(length*.2), whole(width), whole(length*.7), whole(length))+`"`)
}

// leafOutline is the outline of a small leaf like leafShape's, without decimals: many of them make one path.
func leafOutline(x, y, length, width, degrees float64) string {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	turned := make([]float64, 0, 12)
	for _, p := range [][2]float64{{-width, -length * .5}, {-width * .4, -length * .9}, {0, -length}, {width * .4, -length * .9}, {width, -length * .5}, {0, 0}} {
		turned = append(turned, math.Round(x+p[0]*cos-p[1]*sin), math.Round(y+p[0]*sin+p[1]*cos))
	}
	return d("M%v %vC%v %v %v %v %v %vC%v %v %v %v %v %vZ", append([]float64{turned[10], turned[11]}, turned...)...)
}
