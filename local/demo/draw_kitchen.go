package demo

func drawPan(s *sketch) {
	s.turned(s.between(28, 44), 400, 400, func() {
		outline := circle(400, 330, 205, 205)
		s.cast(outline + box(372, 520, 56, 250, 26))
		s.path(s.round(s.accent), d("M378 520L366 740Q400 790 434 740L422 520Z"))
		s.ring(s.main.darker(.3), 10, 400, 742, 12)
		s.disc(s.slope(s.main), 400, 330, 208)
		s.disc(s.main.darker(.4), 400, 330, 190)
		s.disc(s.ball(s.main.darker(.1)), 400, 334, 182)
		s.ring(light(.08), 8, 400, 334, 130)
		s.ring(light(.06), 6, 400, 334, 80)
	})
	if s.style == "egg" {
		s.path(hex(0xfdfaf2), "M380 260C450 220 520 290 490 350S420 420 360 390S310 300 380 260Z")
		s.disc(s.ball(hex(0xf2b632)), 415, 325, 44)
	}
}

func drawPot(s *sketch) {
	s.stand(400, 200)
	if s.style == "saucepan" {
		s.tube(s.accent, 34, "M585 430L760 400")
		s.path(s.metal(s.main), lathe(400, 390, 190, 480, 192, 620, 190, 646, 176))
		s.mouth(s.main, 400, 390, 190, 8)
		s.contents(hex(0xd2743a), 400, 402, 172)
		return
	}
	s.tube(s.accent, 26, "M205 450C130 440 130 510 208 505M595 450C670 440 670 510 592 505")
	s.turnedBody(s.main, 400, 400, 204, 500, 206, 600, 196, 646, 170)
	s.path(s.round(s.main.darker(.08)), lathe(400, 300, 40, 320, 130, 365, 196, 396, 214, 408, 214))
	s.line(shadow(.2), 5, "M188 412A212 34 0 0 0 612 412")
	s.oval(light(.25), 320, 345, 70, 14)
	s.path(s.metal(s.accent), lathe(400, 246, 30, 262, 36, 290, 16, 312, 22))
	s.oval(s.accent.lighter(.4), 400, 246, 28, 5)
}

func drawKnife(s *sketch) {
	s.turned(-38, 400, 400, func() {
		blade, grip := "M110 395C160 340 260 330 490 338V430H420C280 440 180 430 110 395Z", 462.0
		switch s.style {
		case "bread":
			blade = "M80 372L90 352H490V420" + "q-13 -12 -26 0q-13 -12 -26 0q-13 -12 -26 0q-13 -12 -26 0q-13 -12 -26 0q-13 -12 -26 0q-13 -12 -26 0q-13 -12 -26 0q-13 -12 -26 0q-13 -12 -26 0q-13 -12 -26 0q-13 -12 -26 0Q120 420 80 372Z"
		case "paring":
			blade = "M240 402C300 350 400 345 490 348V420H420C330 424 270 420 240 402Z"
		}
		handle := box(grip+18, 342, 240, 66, 26)
		s.cast(blade)
		s.cast(handle)
		s.path(s.gradient("linearGradient", `x2="0" y2="1"`, stop{0, s.main.darker(.15), 1}, stop{.45, s.main.lighter(.4), 1}, stop{.55, s.main.lighter(.75), 1}, stop{1, s.main.darker(.05), 1}), blade)
		s.path(s.down(s.accent.lighter(.22), s.accent.darker(.22)), handle)
		s.grain(handle, s.accent, area{480, 342, 240, 66})
		s.rect(s.metal(hex(0xb8c1c9)), grip+16, 340, 26, 72, 4)
		for x := 548.0; x < 700; x += 56 {
			s.disc(s.ball(hex(0xcda551)), x, 374, 9)
		}
	})
}

func drawBoard(s *sketch) {
	s.turned(s.between(-14, 10), 400, 400, func() {
		board := box(220, 190, 360, 480, 36)
		if s.style == "round" {
			board = circle(400, 430, 225, 225)
		}
		s.cast(board)
		s.path(s.slope(s.main), box(352, 96, 96, 150, 44))
		s.disc(s.main.darker(.5), 400, 142, 18)
		s.path(s.slope(s.main), board)
		s.grain(board, s.main, area{170, 190, 460, 480})
		s.line(faded{s.main.darker(.3), .5}, 3, board)
	})
	s.moved(455, 560, .5, func() { // a tomato and basil to cut
		s.disc(shadow(.15), 418, 518, 132)
		s.disc(s.ball(hex(0xd5503f)), 400, 500, 130)
		for a := -70.0; a <= 70; a += 35 {
			s.leafShape(hex(0x5d8a4a), 400, 395, 74, 18, a)
		}
	})
}

func drawBowl(s *sketch) {
	s.stand(400, 150)
	if s.style == "nested" {
		for i, c := range []rgb{s.main, s.accent, s.main.mix(s.accent, .5).lighter(.3)} {
			k := float64(i)
			r := 225 - k*38
			s.turnedBody(c, 400, 400-k*52, r, 470-k*52, r*.93, 560-k*46, r*.7, 646-k*40, r*.4)
			s.mouth(c, 400, 400-k*52, r, 9)
		}
		return
	}
	r := s.between(205, 235)
	s.turnedBody(s.main, 400, 380, r, 460, r*.95, 560, r*.74, 622, r*.46, 646, r*.44)
	s.mouth(s.main, 400, 380, r, 10)
	if s.style == "salad" {
		for i := range 14 {
			s.leafShape(hex(0x7fae5a).mix(hex(0x4f7f45), s.between(0, 1)), s.between(280, 520), 392, s.between(60, 120), 42, float64(i)*11-70)
		}
		s.disc(s.ball(hex(0xd5503f)), 350, 372, 26)
		s.disc(s.ball(hex(0xd5503f)), 452, 366, 24)
		s.line(s.main.lighter(.25), 8, d("M%v 382A%v %v 0 0 0 %v 382", 400-r+4, r-4, r*tilt, 400+r-4))
	}
}

func drawPlate(s *sketch) {
	for i, p := range [][3]float64{{450, 345, 220}, {335, 470, 170}} {
		c := []rgb{s.main, s.main.mix(s.accent, .35)}[i]
		s.cast(circle(p[0], p[1], p[2], p[2]))
		s.disc(s.slope(c), p[0], p[1], p[2])
		s.decorate(circle(p[0], p[1], p[2], p[2]), area{p[0] - p[2], p[1] - p[2], 2 * p[2], 2 * p[2]}, 0)
		s.ring(s.accent.darker(.1), 6, p[0], p[1], p[2]-3)
		s.disc(s.gradient("linearGradient", `x2="1" y2="1"`, stop{0, c.darker(.14), 1}, stop{1, c.lighter(.4), 1}), p[0], p[1], p[2]*.7)
		s.disc(s.slope(c.lighter(.1)), p[0], p[1], p[2]*.66)
	}
}

func drawMill(s *sketch) {
	for i, x := range []float64{310, 490} {
		c := []rgb{s.main, s.accent}[i]
		top := 170 + float64(i)*90
		s.stand(x, 84)
		s.turnedBody(c, x, top+130, 52, top+180, 40, 500, 50, 570, 78, 630, 82, 646, 78)
		s.path(s.metal(hex(0xb8c1c9)), lathe(x, top+116, 54, top+130, 54))
		s.turnedBody(c, x, top, 26, top+20, 58, top+70, 66, top+112, 48)
		s.disc(s.ball(hex(0xcda551)), x, top-12, 19)
	}
}

func drawUtensils(s *sketch) {
	s.stand(400, 120)
	wood := s.main
	s.tube(wood, 20, "M370 480L330 260M400 480V220M440 480L480 270")
	s.turned(-10, 330, 260, func() { s.oval(s.slope(wood), 328, 205, 44, 66); s.oval(shadow(.14), 330, 205, 28, 48) })
	s.path(s.slope(wood.lighter(.1)), "M364 235C352 140 366 96 400 96S448 140 436 235Q400 260 364 235Z")
	s.line(shadow(.25), 9, "M388 130V205M412 130V205")
	s.turned(12, 480, 270, func() {
		for _, w := range []float64{52, 30, 8} {
			s.add("ellipse", `fill="none" stroke="#8d979f" stroke-width="5"`, attr("cx", 486), attr("cy", 196), attr("rx", w), attr("ry", 86))
		}
	})
	s.turnedBody(s.accent, 400, 420, 112, 520, 116, 620, 112, 646, 102)
	s.line(s.accent.lighter(.3), 8, "M290 422A110 18 0 0 0 510 422")
}

func drawScale(s *sketch) {
	s.stand(400, 190)
	s.path(s.round(s.main), "M250 420H550Q575 420 585 470L610 620Q612 648 580 648H220Q188 648 190 620L215 470Q225 420 250 420Z")
	s.disc(s.slope(s.main.darker(.25)), 400, 535, 92)
	s.disc(s.slope(hex(0xfaf8f3)), 400, 537, 84)
	s.face(400, 537, 74, hex(0x44484f), s.between(20, 120))
	s.path(s.metal(s.accent), lathe(400, 380, 40, 420, 60))
	s.path(s.metal(s.accent), lathe(400, 326, 216, 352, 196, 384, 120))
	s.oval(s.slope(s.accent.lighter(.2)), 400, 326, 216, 34)
	for _, p := range [][3]float64{{340, 282, 46}, {425, 276, 54}, {500, 294, 36}} {
		s.disc(s.ball(hex(0xe2943f)), p[0], p[1], p[2])
	}
}

func drawApron(s *sketch) {
	s.line(s.accent.darker(.2), 13, "M320 200C300 60 500 60 480 200M250 390C170 400 150 470 175 540M550 390C630 400 650 470 625 540")
	body := "M305 180H495C500 280 520 340 575 370L590 690H210L225 370C280 340 300 280 305 180Z"
	s.cast(body)
	s.path(s.round(s.main), body)
	s.decorate(body, area{210, 180, 380, 510}, 0)
	pocket := box(310, 450, 180, 130, 12)
	s.path(s.slope(s.main.darker(.1)), pocket)
	s.line(s.accent, 4, "M318 462H482M400 455V575")
	s.line(shadow(.12), 6, "M260 420Q250 560 262 680M545 420Q552 560 540 680")
}

func drawTowel(s *sketch) {
	s.cast(box(215, 170, 370, 500, 10))
	s.tube(hex(0xd6ab74), 24, "M150 160H650")
	body := "M225 150H575V660Q500 672 400 662T225 660Z"
	s.path(s.round(s.main), body)
	s.decorate(body, area{225, 150, 350, 515}, 0)
	s.line(s.accent, 10, "M225 590Q400 598 575 590M225 618Q400 626 575 618")
	s.path(shadow(.09), "M340 160Q330 420 350 664H380Q360 420 372 160ZM470 160Q480 420 462 664H490Q510 420 498 160Z")
	s.tube(hex(0xd6ab74), 20, "M225 158H575")
}

func drawJar(s *sketch) {
	for i, j := range [][4]float64{{300, 300, 118, 0}, {500, 410, 104, 1}} {
		x, top, r := j[0], j[1], j[2]
		s.stand(x, r)
		outline := lathe(x, top, r*.86, top+30, r, 610, r, 646, r*.92)
		fillTop := top + s.between(70, 110)
		if s.style == "glass" {
			s.path(faded{s.main.lighter(.3), .75}, outline)
			s.within(outline, func() {
				s.path(s.round([]rgb{s.accent, hex(0xe9d3a4)}[i]), lathe(x, fillTop, r*.94, 640, r*.9))
				s.oval([]rgb{s.accent, hex(0xe9d3a4)}[i].lighter(.25), x, fillTop, r*.94, r*.94*tilt)
			})
			s.line(light(.6), 9, d("M%v %vV600", x-r*.7, top+60))
			s.line(faded{hex(0x7e98a3), .5}, 4, outline)
		} else {
			s.turnedBody(s.main, x, top, r*.86, top+30, r, 610, r, 646, r*.92)
			s.rect(hex(0xfaf8f3), x-r*.5, top+130, r, 60, 8)
			s.line(s.main.darker(.3), 5, d("M%v %vh%v", x-r*.3, top+160, r*.6))
		}
		lid := hex(0xd6ab74)
		s.path(s.round(lid), lathe(x, top-42, r*.88, top+4, r*.9))
		s.oval(s.slope(lid.lighter(.2)), x, top-42, r*.88, r*.88*tilt)
	}
}

func drawCruet(s *sketch) {
	s.stand(400, 110)
	s.turnedBody(s.main, 400, 230, 26, 320, 32, 400, 70, 470, 104, 600, 108, 646, 96)
	s.path(s.metal(hex(0xb8c1c9)), lathe(400, 190, 30, 236, 30))
	s.tube(hex(0xb8c1c9), 16, "M400 190C402 150 430 130 462 124")
	s.rect(s.slope(hex(0xfaf8f3)), 340, 480, 120, 110, 8)
	s.leafShape(s.accent, 390, 570, 74, 22, -24)
	s.leafShape(s.accent.lighter(.1), 404, 572, 70, 20, 30)
	s.disc(s.ball(s.accent), 398, 562, 13)
}

func drawRollingPin(s *sketch) {
	s.turned(s.between(-38, -26), 400, 400, func() {
		body := box(190, 330, 420, 130, 46)
		s.cast(body)
		s.path(s.down(s.accent.lighter(.3), s.accent.darker(.3)), box(70, 366, 150, 58, 29))
		s.path(s.down(s.accent.lighter(.3), s.accent.darker(.3)), box(580, 366, 150, 58, 29))
		s.path(s.gradient("linearGradient", `x2="0" y2="1"`, stop{0, s.main, 1}, stop{.3, s.main.lighter(.35), 1}, stop{1, s.main.darker(.3), 1}), body)
		s.grain(body, s.main, area{190, 330, 420, 130})
	})
	s.points(faded{hex(0xffffff), .8}, 9, d("M%v 600h.1M560 640h.1M600 590h.1M500 670h.1M640 650h.1M575 690h.1", s.between(520, 545)))
}
