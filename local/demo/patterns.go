package demo

import (
	"math"
	"strings"
)

// patterns are the decorations that a product's picture may name, each drawing over an area whose horizontal
// lines sag by bend (as on a round body; 0 on a flat one).
var patterns = map[string]func(s *sketch, a area, bend float64){
	"stripes":  drawStripes,
	"pins":     drawPins,
	"dots":     drawDots,
	"speckles": drawSpeckles,
	"rings":    drawRings,
	"check":    drawCheck,
	"waves":    drawWaves,
	"zigzag":   drawZigzag,
	"leaves":   drawLeaves,
	"terrazzo": drawTerrazzo,
	"dip":      drawDip,
	"band":     drawBand,
	"ribs":     drawRibs,
	"weave":    drawWeave,
	"crosses":  drawCrosses,
	"arcs":     drawArcs,
}

// decorate draws the product's pattern inside an outline.
func (s *sketch) decorate(outline string, a area, bend float64) {
	if draw := patterns[s.pattern]; draw != nil {
		s.within(outline, func() { draw(s, a, bend) })
	}
}

// soft is the accent as a decoration: slightly see-through, so that the body's shading stays visible.
func (s *sketch) soft() fill { return faded{s.accent, .85} }

// across is a horizontal line over the area that sags in the middle.
func across(a area, y, bend float64) string {
	return d("M%v %vQ%v %v %v %v", a.x, y, a.x+a.w/2, y+2*bend, a.x+a.w, y)
}

func drawStripes(s *sketch, a area, bend float64) {
	step := a.h / math.Round(s.between(5, 8))
	var b strings.Builder
	for y := a.y + step*.6; y < a.y+a.h+step; y += step {
		b.WriteString(across(a, y-bend*.5, bend))
	}
	s.line(s.soft(), step*s.between(.28, .46), b.String())
}

func drawPins(s *sketch, a area, _ float64) {
	step := a.w / math.Round(s.between(8, 12))
	var b strings.Builder
	for x := a.x + step*.5; x < a.x+a.w; x += step {
		b.WriteString(d("M%v %vv%v", x, a.y-10, a.h+20))
	}
	s.line(s.soft(), step*s.between(.18, .4), b.String())
}

// points draws round dots at the places of path data like "M1 2h.1".
func (s *sketch) points(f fill, size float64, data string) { s.line(f, size, data) }

func drawDots(s *sketch, a area, bend float64) {
	columns := math.Round(s.between(6, 9))
	step := a.w / columns
	var b strings.Builder
	row := 0
	for y := a.y + step*.5; y < a.y+a.h+bend; y += step * .8 {
		for i := 0.0; i <= columns; i++ {
			x := a.x + (i+.5*float64(row%2))*step
			t := (x - a.x - a.w/2) / (a.w / 2)
			b.WriteString(d("M%v %vh.1", x, y+bend*(.4-t*t)))
		}
		row++
	}
	s.points(s.soft(), step*s.between(.32, .46), b.String())
}

func drawSpeckles(s *sketch, a area, _ float64) {
	for _, size := range []float64{4, 7, 10} {
		var b strings.Builder
		for range int(64 / size * 2) {
			b.WriteString(d("M%v %vh.1", s.between(a.x, a.x+a.w), s.between(a.y, a.y+a.h)))
		}
		s.points(faded{s.accent, .75}, size, b.String())
	}
}

func drawRings(s *sketch, a area, _ float64) {
	x, y := a.x+a.w*s.between(.3, .7), a.y+a.h*s.between(.35, .65)
	for r := math.Min(a.w, a.h) * .08; r < math.Max(a.w, a.h); r += math.Min(a.w, a.h) * .15 {
		s.ring(s.soft(), math.Min(a.w, a.h)*.045, x, y, r)
	}
}

func drawCheck(s *sketch, a area, bend float64) {
	step := math.Max(a.w, a.h) / math.Round(s.between(6, 8))
	var rows, columns strings.Builder
	for y := a.y + step*.5; y < a.y+a.h+step; y += step {
		rows.WriteString(across(a, y-bend*.5, bend))
	}
	for x := a.x + step*.5; x < a.x+a.w+step; x += step {
		columns.WriteString(d("M%v %vv%v", x, a.y-20, a.h+40))
	}
	s.line(faded{s.accent, .5}, step*.42, rows.String())
	s.line(faded{s.accent, .5}, step*.42, columns.String())
}

func drawWaves(s *sketch, a area, _ float64) {
	rows := math.Round(s.between(4, 6))
	step, length := a.h/rows, a.w/4
	var b strings.Builder
	for y := a.y + step*.5; y < a.y+a.h; y += step {
		b.WriteString(d("M%v %vq%v %v %v 0t%v 0t%v 0t%v 0t%v 0t%v 0t%v 0t%v 0", a.x, y, length/4, -step*.5, length/2,
			length/2, length/2, length/2, length/2, length/2, length/2, length/2))
	}
	s.line(s.soft(), step*.18, b.String())
}

func drawZigzag(s *sketch, a area, _ float64) {
	rows := math.Round(s.between(3, 5))
	step, length := a.h/rows, a.w/12
	var b strings.Builder
	for y := a.y + step*.6; y < a.y+a.h+step; y += step {
		b.WriteString(d("M%v %v", a.x, y) + strings.Repeat(d("l%v %vl%v %v", length, -step*.4, length, step*.4), 6))
	}
	s.line(s.soft(), step*.16, b.String())
}

func drawLeaves(s *sketch, a area, _ float64) {
	size := math.Min(a.w, a.h) * .17
	var b strings.Builder
	row := 0
	for y := a.y + size; y < a.y+a.h+size; y += size * 1.25 {
		for x := a.x + size*.3 + float64(row%2)*size*.7; x < a.x+a.w+size; x += size * 1.4 {
			b.WriteString(d("M%v %vq%v %v %v %vq%v %v %v %vZ", x, y, size*.1, -size*.7, size*.7, -size*.75, size*.1, size*.65, -size*.7, size*.75))
		}
		row++
	}
	s.path(s.soft(), b.String())
}

func drawTerrazzo(s *sketch, a area, _ float64) {
	chips := []rgb{s.accent, s.accent.lighter(.4), s.main.mark(.35)}
	for i, chip := range chips {
		var b strings.Builder
		for range 9 - i {
			x, y, r := s.between(a.x, a.x+a.w), s.between(a.y, a.y+a.h), s.between(9, 22)
			b.WriteString(d("M%v %vl%v %vl%v %vl%v %vZ", x, y, r, s.between(-r, 0), r*.4, r, -r*1.1, s.between(0, r*.6)))
		}
		s.path(faded{chip, .85}, b.String())
	}
}

// drawDip is a second glaze over the lower half.
func drawDip(s *sketch, a area, bend float64) {
	y := a.y + a.h*s.between(.46, .62)
	s.path(faded{s.accent, .9}, d("M%v %vQ%v %v %v %vV%vH%vZ", a.x, y, a.x+a.w/2, y+2*bend, a.x+a.w, y, a.y+a.h+40, a.x))
	s.line(light(.3), 3, across(a, y, bend))
}

func drawBand(s *sketch, a area, bend float64) {
	y, w := a.y+a.h*s.between(.3, .5), a.h*s.between(.1, .16)
	s.line(s.soft(), w, across(a, y, bend))
	s.line(s.soft(), 5, across(a, y+w*.95, bend)+across(a, y-w*.95, bend))
}

// drawRibs are fine grooves in the body itself.
func drawRibs(s *sketch, a area, _ float64) {
	var dark, bright strings.Builder
	for x := a.x + 8; x < a.x+a.w; x += a.w / 15 {
		dark.WriteString(d("M%v %vv%v", x, a.y-10, a.h+20))
		bright.WriteString(d("M%v %vv%v", x+5, a.y-10, a.h+20))
	}
	s.line(shadow(.13), 5, dark.String())
	s.line(light(.16), 4, bright.String())
}

func drawWeave(s *sketch, a area, bend float64) {
	step := a.w / 14
	var b strings.Builder
	row := 0
	for y := a.y + step*.3; y < a.y+a.h+bend; y += step * .62 {
		b.WriteString(d("M%v %v", a.x-step*float64(row%2), y) + strings.Repeat(d("q%v %v %v 0m%v 0", step*.5, -step*.4, step, step), 8))
		row++
	}
	s.line(faded{s.accent, .6}, step*.2, b.String())
}

func drawCrosses(s *sketch, a area, _ float64) {
	size := math.Min(a.w, a.h) * .05
	var b strings.Builder
	row := 0
	for y := a.y + size*1.4; y < a.y+a.h; y += size * 3.2 {
		for x := a.x + size*1.2 + float64(row%2)*size*2; x < a.x+a.w; x += size * 4 {
			b.WriteString(d("M%v %vh%vm%v %vv%v", x-size*.8, y, size*1.6, -size*.8, -size*.8, size*1.6))
		}
		row++
	}
	s.line(s.soft(), size*.5, b.String())
}

func drawArcs(s *sketch, a area, _ float64) {
	size := math.Min(a.w, a.h) / 3.6
	var b strings.Builder
	row := 0
	for y := a.y + size*.75; y < a.y+a.h+size; y += size * .75 {
		for x := a.x - size*.5*float64(row%2); x < a.x+a.w; x += size {
			for _, r := range []float64{.46, .26} {
				b.WriteString(d("M%v %va%v %v 0 0 1 %v 0", x+size*(.5-r), y, size*r, size*r, size*2*r))
			}
		}
		row++
	}
	s.line(s.soft(), size*.08, b.String())
}
