package demo

import (
	"math"
	"strings"
)

// scenery is the background of one category: the wall, the table in front of it and a quiet motif.
type scenery struct {
	wall, table rgb
	motif       func(s *sketch, c rgb)
}

// sceneries are the backgrounds by category.
var sceneries = map[string]scenery{
	"home-living": {hex(0xf3e9dd), hex(0xe2d0bb), motifArch},
	"kitchen":     {hex(0xe6ece3), hex(0xcbd6c6), motifTiles},
	"coffee-tea":  {hex(0xf2e3d5), hex(0xdcc0a6), motifSun},
	"desk-office": {hex(0xe4e9ef), hex(0xc8d2dd), motifGrid},
	"outdoor":     {hex(0xdcebef), hex(0xbdd0c4), motifPeaks},
	"sport":       {hex(0xe9eadb), hex(0xd0d3b4), motifCourt},
	"books":       {hex(0xefe6ea), hex(0xd8c5cd), motifPanels},
	"toys":        {hex(0xf9edd3), hex(0xeed6a4), motifConfetti},
	"audio":       {hex(0xe5e2ef), hex(0xc9c4dd), motifWaves},
	"garden":      {hex(0xe5efdc), hex(0xc6d9b5), motifFoliage},
}

// backdrop paints the category's background; flat is for things seen from above, which need no table edge.
func (s *sketch) backdrop(category string, flat bool) {
	scene := sceneries[category]
	s.rect(s.down(scene.wall.lighter(.5), scene.wall), 0, 0, 800, 800, 0)
	scene.motif(s, scene.wall.mix(scene.table, .5))
	if !flat {
		s.rect(s.down(scene.table, scene.table.lighter(.35)), 0, 590, 800, 210, 0)
		s.rect(shadow(.05), 0, 590, 800, 5, 0)
	}
	s.oval(s.glow(hex(0xffffff), .7), 330, 330, 420, 400)
}

func motifArch(s *sketch, c rgb) {
	x, r := s.between(330, 470), s.between(225, 275)
	s.path(s.down(c.lighter(.1), c.lighter(.5)), d("M%v 800V%va%v %v 0 0 1 %v 0V800Z", x-r, 130+r, r, r, 2*r))
}

func motifTiles(s *sketch, c rgb) {
	size := s.between(92, 118)
	var data strings.Builder
	for v := size * .6; v < 800; v += size {
		data.WriteString(d("M%v 0v800M0 %vh800", v, v))
	}
	s.line(faded{c, .45}, 4, data.String())
}

func motifSun(s *sketch, c rgb) {
	s.disc(s.down(c.lighter(.12), c.lighter(.45)), s.between(320, 480), s.between(330, 400), s.between(245, 290))
}

func motifGrid(s *sketch, c rgb) {
	var data strings.Builder
	for y := 35.0; y < 800; y += 56 {
		for x := 35.0; x < 800; x += 56 {
			data.WriteString(d("M%v %vh.1", x, y))
		}
	}
	s.points(faded{c, .8}, 6, data.String())
}

func motifPeaks(s *sketch, c rgb) {
	x := s.between(-60, 60)
	s.path(faded{c.lighter(.3), .8}, d("M-80 640L%v 300L%v 430L%v 220L%v 420L%v 330L900 640Z", 120+x, 250+x, 430+x, 590+x, 660+x))
	s.path(faded{c, .55}, d("M-80 700L%v 430L%v 520L%v 400L%v 520L900 720Z", 60-x, 190-x, 620-x, 720-x))
}

func motifCourt(s *sketch, c rgb) {
	x := s.between(240, 560)
	s.ring(faded{c, .6}, 9, x, 330, s.between(230, 290))
	s.line(faded{c, .6}, 9, d("M%v 0V800M0 330H800", x))
}

func motifPanels(s *sketch, c rgb) {
	for i := 0.0; i < 4; i++ {
		s.rect(faded{c, .3 + .1*math.Mod(i, 2)}, i*200+s.between(8, 16), -20, 174, 640, 12)
	}
}

func motifConfetti(s *sketch, c rgb) {
	for _, size := range []float64{14, 22, 34} {
		var data strings.Builder
		for range 9 {
			data.WriteString(d("M%v %vh.1", s.between(0, 800), s.between(0, 580)))
		}
		s.points(faded{c, .6}, size, data.String())
	}
}

func motifWaves(s *sketch, c rgb) {
	x, y := s.between(300, 500), s.between(300, 400)
	for r := 130.0; r < 520; r += 62 {
		s.ring(faded{c, .5}, 10, x, y, r)
	}
}

func motifFoliage(s *sketch, c rgb) {
	for range 9 {
		left := s.rnd.IntN(2) == 0
		x, angle := s.between(-30, 150), s.between(20, 110)
		if !left {
			x, angle = 800-x, -angle
		}
		s.turned(angle, x, 560, func() {
			s.path(faded{c, .35}, d("M%v 560q-62 -120 0 -%vq62 %v 0 %vZ", x, s.between(250, 480), 150, 200))
		})
	}
}
