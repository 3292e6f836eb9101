package demo

import (
	"math"
	"strings"
)

func drawWateringCan(s *sketch) {
	s.stand(420, 170)
	s.tube(s.accent, 22, "M360 340C380 210 560 210 570 350M575 360C690 380 680 590 575 600")
	s.path(s.down(s.main.lighter(.1), s.main.darker(.2)), "M310 560L150 330L176 316L330 470Z")
	s.turned(-38, 150, 310, func() {
		s.path(s.metal(s.accent), "M124 320L100 270H204L180 320Z")
		s.oval(s.accent.lighter(.3), 152, 270, 52, 12)
	})
	if s.style == "tall" {
		s.turnedBody(s.main, 440, 320, 104, 480, 128, 600, 140, 646, 138)
		s.mouth(s.main, 440, 320, 104, 8)
	} else {
		s.turnedBody(s.main, 440, 370, 146, 500, 152, 646, 148)
		s.mouth(s.main, 440, 370, 146, 8)
		s.path(s.round(s.main.darker(.1)), "M294 370A146 23 0 0 1 440 348V392A146 23 0 0 1 294 372Z")
	}
	s.points(faded{hex(0x7fb2cc), .8}, 10, "M90 380h.1M70 430h.1M110 440h.1M60 500h.1M96 520h.1M120 600h.1")
}

func drawPlant(s *sketch) {
	green := hex(0x5f8f56).mix(hex(0x3a6b52), s.between(0, 1))
	s.stand(400, 140)
	top := 440.0
	switch s.style {
	case "monstera":
		for i, p := range [][4]float64{{-150, 250, -50, 1}, {150, 230, 48, 1.05}, {-60, 160, -16, 1.1}, {80, 140, 20, 1}, {-190, 380, -80, .7}, {190, 370, 78, .75}} {
			x, y := 400+p[0], p[1]
			s.line(green.darker(.25), 8, d("M400 450Q%v %v %v %v", 400+p[0]*.3, y+60, x, y+40))
			s.turned(p[2], x, y+40, func() {
				c := green.mix(hex(0x8fbf6a), float64(i%3)*.18)
				k := p[3] * 74
				s.path(s.slope(c), d("M%v %vc%v %v %v %v 0 %vc%v %v %v %v 0 %vZ", x, y+60, -k*1.7, k*.2, -k*1.3, -k*2, -k*2.1, k*1.3, k*.1, k*1.7, k*2.3, k*2.1))
				s.line(faded{c.lighter(.5), .8}, 4, d("M%v %vv%v", x, y+56, -k*1.8))
				s.line(sceneries["garden"].wall, 8, d("M%v %vl%v %vM%v %vl%v %vM%v %vl%v %vM%v %vl%v %v", x-k*.45, y+20-k*.3, -k*.6, -k*.12, x-k*.4, y-k*.7, -k*.45, -k*.2, x+k*.45, y+20-k*.3, k*.6, -k*.12, x+k*.4, y-k*.7, k*.45, -k*.2))
			})
		}
	case "cactus":
		c := hex(0x6f9e6a)
		body := box(335, 170, 130, 320, 65)
		s.tube(c, 62, "M470 370H540V290M330 400H262V340")
		s.path(s.round(c), body)
		s.line(c.darker(.25), 4, "M366 190V460M400 176V460M434 190V460")
		var data strings.Builder
		for y := 200.0; y < 440; y += 34 {
			data.WriteString(d("M366 %vh.1M400 %vh.1M434 %vh.1", y, y+16, y))
		}
		s.points(hex(0xf6f0d8), 7, data.String())
		for a := -60.0; a <= 60; a += 30 {
			s.leafShape(hex(0xe8a5b7), 400, 178, 50, 14, a)
		}
	case "succulent":
		top = 470
		for ring, n := range []float64{12, 9, 6} {
			for i := 0.0; i < n; i++ {
				a := -100 + i*200/(n-1)
				s.leafShape(hex(0x8db9a0).mix(hex(0xd99b9c), float64(ring)*.3), 400, 470, 190-float64(ring)*50, 42, a)
			}
		}
	case "fern":
		for _, i := range []float64{-6, 6, -5, 5, -4, 4, -3, 3, -2, 2, -1, 1, 0} {
			s.turned(i*13, 400, 450, func() {
				var left strings.Builder
				right := ""
				for y := 440.0; y > 200; y -= 18 { // a toothed blade, widest in its lower half
					w := math.Round(30 * math.Pow(math.Sin(math.Pi*(y-190)/262), .7))
					left.WriteString(d("L%v %vH%v", 400-w, y-12, math.Round(400-w*.4)))
					right = d("L%v %vH%v", math.Round(400+w*.4), y-12, 400+w) + right
				}
				s.path(green.mix(hex(0x9cc474), math.Abs(i)/9), "M400 450"+left.String()+"L400 186"+right+"Z")
				s.line(faded{green.darker(.35), .5}, 3, "M400 450V200")
			})
		}
	case "herbs":
		for i := -2.5; i <= 2.5; i++ {
			x := 400 + i*38
			h := 150 + s.between(0, 100)
			s.line(green.darker(.2), 6, d("M%v 450Q%v %v %v %v", 400+i*24, x, 400.0, x+i*10, 450-h))
			for y := 0.0; y < 3.5; y++ {
				s.leafShape(s.shade(hex(0x78a84f), green), x+i*y*3, 440-y*h/4, 72, 28, -60+i*4)
				s.leafShape(s.shade(hex(0x78a84f), green), x+i*y*3, 430-y*h/4, 72, 28, 60+i*4)
			}
		}
	default: // a snake plant: upright blades
		for i := -3.0; i <= 3; i++ {
			h := 330 - math.Abs(i)*44 + s.between(-20, 20)
			s.leafShape(hex(0xc9cf7a), 400+i*32, 470, h+8, 38, i*6)
			s.leafShape(green, 400+i*32, 466, h-8, 28, i*6)
		}
	}
	s.pot(s.main, 400, top)
}

// pot is a plant pot with a rim, at the height of its top.
func (s *sketch) pot(c rgb, x, top float64) {
	s.turnedBody(c, x, top+30, 122, 560, 110, 646, 88)
	s.pattern = ""
	s.path(s.round(c.lighter(.08)), lathe(x, top-10, 138, top+36, 134))
	s.path(hex(0x4a3627), d("M%v %vA138 22 0 0 0 %v %vA132 9 0 0 0 %v %vZ", x-132, top-8, x+132, top-8, x-132, top-8))
	s.line(shadow(.18), 4, d("M%v %vA130 21 0 0 0 %v %v", x-124, top+44, x+124, top+44))
}

func drawPots(s *sketch) {
	c := []rgb{s.main, s.accent, s.main.mix(s.accent, .5).lighter(.25)}
	for i, p := range [][3]float64{{260, .92, 660}, {455, .72, 660}, {610, .54, 664}} {
		pattern := s.pattern
		s.moved(p[0], p[2], p[1], func() {
			s.stand(400, 150)
			s.path(s.round(c[i].darker(.08)), lathe(400, 634, 150, 652, 140))
			s.turnedBody(c[i], 400, 330, 150, 480, 136, 632, 104)
			s.path(s.round(c[i].lighter(.08)), lathe(400, 270, 172, 336, 168))
			s.mouth(c[i], 400, 270, 172, 12)
		})
		s.pattern = pattern
	}
}

func drawHangingPlanter(s *sketch) {
	s.line(s.accent, 6, "M400 0V90L270 430M400 90L530 430M400 90L400 420")
	s.ring(s.accent, 9, 400, 90, 16)
	for i := -4.0; i <= 4; i++ {
		drop := 570 + s.between(0, 150) - math.Abs(i)*12
		x := 400 + i*32
		s.line(hex(0x5d8a4a), 4, d("M%v 420C%v 380 %v 460 %v %v", x, x+i*12, x+i*18, x+i*14, drop))
		var left, right strings.Builder
		for y := 440.0; y < drop; y += 42 {
			stem := x + i*14*(y-420)/(drop-420)
			left.WriteString(leafOutline(stem, y, 40, 18, -110+s.between(-20, 20)))
			right.WriteString(leafOutline(stem, y, 40, 18, 110+s.between(-20, 20)))
		}
		s.path(s.shade(hex(0x6b9a54), hex(0x94bd70)), left.String())
		s.path(s.shade(hex(0x5d8a4a), hex(0x82ad60)), right.String())
	}
	s.turnedBody(s.main, 400, 410, 138, 480, 134, 560, 96, 600, 30)
	s.path(hex(0x4a3627), "M266 410A134 21 0 0 0 534 410A134 12 0 0 0 266 410Z")
	for i := -4.0; i <= 4; i++ {
		s.leafShape(hex(0x74a35a), 400+i*26, 420, s.between(60, 110), 20, i*14)
	}
}

func drawTrowel(s *sketch) {
	s.turned(s.between(24, 42), 400, 400, func() {
		s.cast(box(370, 440, 60, 260, 30))
		handle := box(368, 440, 64, 260, 30)
		steel := s.metal(s.main)
		switch s.style {
		case "fork":
			s.line(shadow(.12), 20, "M350 150V330M424 150V330")
			s.tube(s.main, 22, "M330 130V290Q330 340 400 340Q470 340 470 290V130M400 110V440")
		case "secateurs":
			s.path(steel, "M392 120C440 150 460 240 430 400L380 410C390 300 380 200 392 120Z")
			s.path(steel, "M360 230C330 260 340 340 390 400L420 380C390 340 370 290 360 230Z")
			s.tube(s.accent, 44, "M420 420C470 520 460 620 440 700")
			s.tube(s.accent, 44, "M386 420C330 520 330 620 350 700")
			s.disc(s.ball(hex(0xcda551)), 404, 398, 26)
			s.line(hex(0x8d979f), 9, "M384 470q20 14 40 0M382 490q20 14 40 0")
			return
		case "dibber":
			s.path(s.round(s.accent), "M372 420L400 110L428 420Z")
			s.path(steel, "M386 260L400 100L414 260Z")
		default:
			s.path(steel, "M400 90C470 150 480 230 466 320Q400 352 334 320C320 230 330 150 400 90Z")
			s.path(shadow(.12), "M400 90C440 160 440 250 410 336L400 338V90Z")
			s.tube(s.main, 20, "M400 330V450")
		}
		s.path(s.round(s.accent), handle)
		s.grain(handle, s.accent, area{368, 440, 64, 260})
		s.rect(s.metal(s.main), 370, 430, 60, 34, 6)
		s.line(s.accent.darker(.4), 6, "M400 690q-22 40 0 46q22 -6 0 -46")
	})
}

func drawGardenGloves(s *sketch) {
	glove := func() {
		hand := "M310 400C300 330 300 250 320 210C340 200 350 220 352 260L356 190C370 150 396 160 400 190L404 260L412 180C424 148 452 160 452 192L450 270L466 220C480 190 504 204 500 240C494 300 500 360 496 430Z"
		thumb := "M316 400C280 370 240 340 230 300C240 270 270 280 300 320L330 360Z"
		s.path(s.round(s.main.darker(.05)), thumb)
		s.path(s.round(s.main), hand)
		s.decorate(hand, area{300, 160, 210, 270}, 0)
		s.path(s.round(s.accent), "M306 395H500L520 600Q410 630 296 600Z")
		s.line(shadow(.16), 5, "M306 420Q400 440 502 420M300 570Q410 600 516 570")
	}
	s.turned(-14, 400, 400, func() { s.moved(310, 650, .98, glove) })
	s.turned(14, 400, 400, func() { s.moved(530, 690, .98, glove) })
}

func drawSeeds(s *sketch) {
	packet := func(c rgb, x, y, turn float64, motif func(x, y float64)) {
		s.turned(turn, x+110, y+150, func() {
			shape := box(x, y, 220, 310, 6)
			s.cast(shape)
			s.path(s.slope(c), shape)
			s.path(s.slope(c.darker(.2)), box(x, y, 220, 40, 6))
			s.rect(s.slope(hex(0xfaf5ea)), x+24, y+64, 172, 222, 86)
			motif(x+110, y+190)
		})
	}
	flower := func(c rgb) func(x, y float64) {
		return func(x, y float64) {
			s.line(hex(0x5d8a4a), 6, d("M%v %vv70", x, y))
			s.leafShape(hex(0x6f9e58), x, y+66, 50, 14, 50)
			for a := 0.0; a < 360; a += 40 {
				s.leafShape(c, x, y-16, 58, 17, a)
			}
			s.disc(s.ball(hex(0x8a5a2e)), x, y-16, 20)
		}
	}
	carrot := func(c rgb) func(x, y float64) {
		return func(x, y float64) {
			for _, a := range []float64{-30, 0, 30} {
				s.leafShape(hex(0x6f9e58), x, y-36, 60, 14, a)
			}
			if s.style == "tomato" {
				s.disc(s.ball(c), x, y+16, 54)
				return
			}
			s.path(s.round(c), d("M%v %vq34 -16 68 0q-6 90 -34 120q-28 -30 -34 -120Z", x-34, y-30))
			s.line(c.darker(.25), 4, d("M%v %vh24M%v %vh20M%v %vh16", x-26, y+6, x+2, y+26, x-16, y+48))
		}
	}
	first, second := flower(s.accent), flower(s.accent.lighter(.35))
	if s.style != "flower" {
		first, second = carrot(s.accent), carrot(s.accent.mix(hex(0xc94a43), .4))
	}
	packet(s.main.mix(s.accent, .45).lighter(.2), 390, 200, 12, second)
	packet(s.main, 190, 250, -8, first)
	var data strings.Builder
	for range 16 {
		data.WriteString(d("M%v %vl5 3", s.between(400, 640), s.between(590, 700)))
	}
	s.line(hex(0x8a6a45), 9, data.String())
}

func drawBirdhouse(s *sketch) {
	s.stand(400, 60)
	s.path(s.round(hex(0xa97c50)), box(380, 520, 40, 130, 4))
	if s.style == "feeder" {
		s.path(s.slope(hex(0xd6ab74)), box(210, 500, 380, 36, 8))
		s.path(faded{hex(0xdcebef), .8}, "M290 310H510L480 500H320Z")
		s.path(s.slope(hex(0xd8b878)), "M306 400H494L480 500H320Z")
		s.points(hex(0x8a6a45), 9, "M340 430h.1M370 450h.1M400 430h.1M430 460h.1M460 436h.1M360 480h.1M420 486h.1M450 480h.1")
		s.path(s.slope(s.main), "M400 150L600 310L570 330H230L200 310Z")
		s.path(s.slope(s.accent), "M560 500c-10 -50 20 -70 50 -66c30 4 34 30 20 40l40 30c-30 20 -80 20 -110 -4Z")
		s.disc(hex(0x2f2730), 616, 454, 6)
		return
	}
	body := "M270 320L400 210L530 320V550H270Z"
	s.path(s.slope(s.main), body)
	s.within(body, func() { s.line(shadow(.13), 4, "M335 200V560M400 200V560M465 200V560") })
	s.path(s.slope(s.accent), "M400 150L590 315L562 345L400 206L238 345L210 315Z")
	s.disc(s.main.darker(.2), 400, 380, 56)
	s.disc(hex(0x332a2c), 402, 383, 47)
	s.tube(hex(0xd6ab74), 15, "M400 470V486")
	s.disc(s.ball(hex(0xd6ab74)), 400, 474, 14)
}

func drawWheelbarrow(s *sketch) {
	s.stand(390, 260)
	s.tube(s.accent, 18, "M170 590L420 520L720 380")
	s.tube(s.accent, 16, "M500 500L540 640M470 520L440 640H520")
	s.path(s.down(hex(0x6b4f38), hex(0x4a3627)), "M170 350Q280 250 390 300T620 340Z")
	for i, x := range []float64{260, 350, 440, 520} {
		s.leafShape(hex(0x74a35a), x, 340, 100+float64(i%2)*40, 30, s.between(-26, 26))
	}
	s.path(s.slope(s.main), "M120 340H660L540 530H250Z")
	s.path(s.main.darker(.25), "M110 332H670V352H110Z")
	s.disc(hex(0x33343a), 190, 580, 70)
	s.disc(s.slope(hex(0xb8c1c9)), 190, 580, 42)
	s.disc(s.accent, 190, 580, 13)
	s.line(hex(0x3a3d45), 24, "M670 404L722 380")
}

func drawSprayer(s *sketch) {
	s.stand(400, 110)
	s.tube(hex(0xb8a27a), 10, "M400 300V600")
	glass := lathe(400, 320, 44, 360, 62, 430, 116, 600, 122, 646, 108)
	if s.style == "glass" {
		s.path(faded{s.main.lighter(.3), .75}, glass)
		s.within(glass, func() {
			s.path(faded{s.main, .6}, lathe(400, 480, 130, 660, 120))
			s.oval(light(.35), 400, 480, 118, 18)
		})
		s.line(light(.8), 9, "M300 460Q290 540 304 610")
		s.line(faded{hex(0x7e98a3), .5}, 4, glass)
	} else {
		s.turnedBody(s.main, 400, 320, 44, 360, 62, 430, 116, 600, 122, 646, 108)
	}
	s.path(s.metal(s.accent), lathe(400, 270, 48, 324, 50))
	s.path(s.metal(s.accent), "M340 190H470L480 270H360Z")
	s.path(s.metal(s.accent), "M340 196H270V226H350Z")
	s.tube(s.accent, 15, "M352 250Q310 270 300 330")
	s.points(faded{hex(0x7fb2cc), .75}, 8, "M230 200h.1M200 180h.1M206 220h.1M170 160h.1M166 206h.1M172 250h.1M130 180h.1M134 230h.1")
}
