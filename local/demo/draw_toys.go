package demo

import "strings"

// wheel is a wooden wheel with a hub.
func (s *sketch) wheel(c rgb, x, y, r float64) {
	s.disc(c.darker(.35), x+3, y+3, r)
	s.disc(s.ball(c), x, y, r)
	s.ring(c.darker(.22), r*.1, x, y, r*.68)
	s.disc(hex(0xf1e0bd), x, y, r*.24)
}

func drawTrain(s *sketch) {
	s.stand(400, 290)
	s.path(s.slope(hex(0xe8d1a8)), box(90, 560, 260, 40, 10))
	s.path(s.slope(hex(0xe8d1a8)), box(400, 560, 310, 40, 10))
	s.line(hex(0x83593b), 10, "M350 580H400")
	s.path(s.slope(s.accent), "M110 470H330V560H110Z")
	for i, c := range []rgb{hex(0xd6ab74), hex(0xc89c6d), hex(0xe0bb88)} {
		s.path(s.ball(c), circle(160+float64(i)*60, 456, 34, 34))
		s.ring(c.darker(.3), 4, 160+float64(i)*60, 456, 18)
	}
	s.path(s.slope(s.accent.darker(.06)), "M110 480H330V560H110Z")
	s.path(s.slope(s.main), "M420 330H550V560H420Z")
	s.rect(hex(0xdcebef), 446, 370, 78, 84, 10)
	s.path(s.slope(s.accent), box(400, 300, 170, 40, 12))
	s.path(s.down(s.main.lighter(.25), s.main.darker(.2)), box(540, 430, 160, 130, 40))
	s.path(s.round(s.accent), "M610 350H670L660 432H620Z")
	s.disc(s.ball(hex(0xdba63b)), 570, 424, 22)
	for _, x := range []float64{150, 290, 460, 560, 660} {
		s.wheel(s.accent.mix(hex(0xc94a43), .5), x, 606, 44)
	}
	for i := 0.0; i < 3; i++ {
		s.disc(light(.6-.12*i), 650+i*34, 300-i*54, 26+i*12)
	}
}

func drawPuzzle(s *sketch) {
	s.turned(-8, 400, 400, func() {
		piece := func(c rgb, x, y float64) {
			data := d("M%v %vh55c-12 -50 62 -50 50 0h55v55c50 -12 50 62 0 50v55h-55c12 -50 -62 -50 -50 0h-55v-55c-50 12 -50 -62 0 -50Z", x, y)
			s.path(c.darker(.35), d("M%v %vh55c-12 -50 62 -50 50 0h55v55c50 -12 50 62 0 50v55h-55c12 -50 -62 -50 -50 0h-55v-55c-50 12 -50 -62 0 -50Z", x, y+9))
			s.path(s.slope(c), data)
			s.decorate(data, area{x, y, 160, 160}, 0)
		}
		c := []rgb{s.main, s.accent, s.main.lighter(.4), s.accent.lighter(.4)}
		s.cast(box(180, 190, 340, 340, 10))
		for i, p := range [][2]float64{{180, 190}, {342, 190}, {504, 190}, {180, 352}, {342, 352}, {180, 514}, {342, 514}} {
			piece(c[(i*3+i/3)%4], p[0], p[1])
		}
		s.turned(16, 600, 470, func() { piece(s.accent, 545, 420) })
	})
}

func drawDice(s *sketch) {
	s.stand(400, 220)
	die := func(c rgb, x, y, w float64, pips []float64) {
		h := w * .5
		s.path(s.down(c.lighter(.4), c.lighter(.15)), polygon(x, y, x+h*1.1, y-h*.5, x+w+h*.5, y-h*.28, x+w*.62, y+h*.3))
		s.path(s.slope(c), polygon(x, y, x+w*.62, y+h*.3, x+w*.62, y+h*.3+w*.95, x, y+w*.9))
		s.path(s.down(c.darker(.12), c.darker(.3)), polygon(x+w*.62, y+h*.3, x+w+h*.5, y-h*.28, x+w+h*.5, y+w*.62, x+w*.62, y+h*.3+w*.95))
		s.line(light(.35), 4, polygon(x, y, x+w*.62, y+h*.3)+d("V%v", y+h*.3+w*.9))
		var dots strings.Builder
		for i := 0; i+1 < len(pips); i += 2 {
			dots.WriteString(d("M%v %vh.1", x+w*.62*pips[i], y+h*.3*pips[i]+w*.92*pips[i+1]))
		}
		s.points(c.mark(.75), w*.13, dots.String())
		s.points(c.mark(.75), w*.11, d("M%v %vh.1M%v %vh.1", x+w*.82, y+w*.62, x+w*1.06, y+w*.24)+d("M%v %vh.1", x+w*.6, y-h*.1))
	}
	die(s.accent, 420, 380, 190, []float64{.25, .2, .75, .2, .25, .8, .75, .8, .5, .5})
	die(s.main, 170, 440, 200, []float64{.25, .22, .5, .5, .75, .78})
}

func drawStackingRings(s *sketch) {
	s.stand(400, 180)
	s.path(s.round(hex(0xd6ab74)), lathe(400, 220, 14, 600, 16))
	s.path(s.round(hex(0xd6ab74)), lathe(400, 612, 180, 648, 178))
	s.oval(hex(0xe8d1a8), 400, 612, 180, 28)
	c := []rgb{s.main, s.accent, s.main.lighter(.45), s.accent.lighter(.4), s.main.mix(s.accent, .5)}
	for i := range c {
		w := 160 - float64(i)*21
		y := 540 - float64(i)*66
		s.path(s.gradient("radialGradient", `cx=".35" cy=".25" r=".9"`, stop{0, c[i].lighter(.4), 1}, stop{.5, c[i], 1}, stop{1, c[i].darker(.35), 1}), box(400-w, y, 2*w, 72, 36))
	}
	s.disc(s.ball(s.accent), 400, 216, 48)
}

func drawBlocks(s *sketch) {
	s.stand(400, 240)
	c := []rgb{s.main, s.accent, hex(0xe8d1a8), s.accent.lighter(.4), s.main.lighter(.35)}
	cube := func(c rgb, x, y float64) {
		s.path(c.lighter(.35), polygon(x, y, x+34, y-24, x+164, y-24, x+130, y))
		s.path(c.darker(.25), polygon(x+130, y, x+164, y-24, x+164, y+106, x+130, y+130))
		s.path(s.slope(c), box(x, y, 130, 130, 5))
		s.grain(box(x, y, 130, 130, 5), c, area{x, y, 130, 130})
	}
	cube(c[0], 170, 518)
	cube(c[1], 335, 518)
	cube(c[2], 500, 518)
	cube(c[3], 250, 388)
	cube(c[4], 415, 388)
	s.path(s.slope(s.main), "M320 364L400 240L480 364Z")
	s.path(s.main.darker(.3), "M480 364L510 342L430 224L400 240Z")
	s.path(s.accent.darker(.1), "M210 640V590a25 25 0 0 1 50 0v50Z")
	s.disc(hex(0xfaf5ea), 400, 583, 30)
	s.path(s.main, "M540 560h50v46h-50Z")
}

func drawPlush(s *sketch) {
	s.stand(400, 170)
	fur := s.main
	ear := func(side float64) {
		switch s.style {
		case "rabbit":
			s.turned(side*14, 400+side*60, 260, func() {
				s.oval(s.ball(fur), 400+side*62, 150, 36, 110)
				s.oval(s.accent.lighter(.2), 400+side*62, 160, 18, 78)
			})
		case "fox":
			s.path(s.slope(fur), d("M%v 240L%v 120L%v 190Z", 400+side*120, 400+side*128, 400+side*30))
			s.path(s.accent, d("M%v 210L%v 148L%v 190Z", 400+side*108, 400+side*115, 400+side*66))
		default:
			s.disc(s.ball(fur), 400+side*104, 200, 50)
			s.disc(s.accent, 400+side*104, 204, 27)
		}
	}
	for _, side := range []float64{-1, 1} {
		s.turned(side*-34, 400+side*140, 470, func() { s.oval(s.ball(fur), 400+side*140, 480, 46, 92) })
		s.oval(s.ball(fur), 400+side*100, 606, 66, 50)
		ear(side)
	}
	s.oval(s.ball(fur), 400, 510, 138, 140)
	s.oval(s.slope(s.accent), 400, 530, 82, 90)
	for _, side := range []float64{-1, 1} {
		s.oval(s.accent, 400+side*108, 618, 34, 28)
	}
	s.oval(s.ball(fur), 400, 290, 146, 126)
	s.oval(s.slope(s.accent), 400, 332, 66, 50)
	s.oval(hex(0x2f2730), 400, 312, 21, 15)
	s.line(hex(0x2f2730), 5, "M400 326v18q-20 18 -34 4M400 344q20 18 34 4")
	s.points(hex(0x2f2730), 22, "M340 278h.1M460 278h.1")
	s.points(hex(0xffffff), 6, "M336 274h.1M456 274h.1")
	s.path(hex(0xc94a43), "M400 408L330 386V444ZM400 408L470 386V444Z")
	s.disc(hex(0xa93b36), 400, 412, 15)
}

func drawSpinningTop(s *sketch) {
	s.stand(430, 60)
	s.turned(14, 430, 640, func() {
		s.path(s.round(hex(0xd6ab74)), lathe(430, 190, 20, 220, 14, 320, 14))
		s.disc(s.ball(s.accent), 430, 186, 30)
		body := lathe(430, 330, 40, 350, 150, 400, 208, 440, 190, 520, 80, 600, 20, 640, 3)
		s.path(s.round(s.main), body)
		s.within(body, func() {
			s.line(s.accent, 26, "M210 380Q430 450 650 380")
			s.line(s.accent.lighter(.5), 14, "M210 430Q430 510 650 430")
			s.line(s.main.darker(.3), 10, "M300 520Q430 580 560 520")
		})
		s.oval(s.slope(s.main.lighter(.2)), 430, 336, 120, 17)
	})
	s.line(faded{s.accent, .45}, 7, "M190 470Q160 400 210 340M680 560Q740 500 720 420")
}

func drawKite(s *sketch) {
	s.line(s.accent.darker(.2), 5, "M370 520C420 580 330 620 380 680S320 740 350 800")
	for i, p := range [][2]float64{{384, 560}, {362, 630}, {372, 700}} {
		c := []rgb{s.accent, s.main, s.accent.lighter(.4)}[i]
		s.path(c, d("M%v %vl-44 -22v44ZM%v %vl44 -22v44Z", p[0], p[1], p[0], p[1]))
	}
	s.turned(12, 400, 320, func() {
		s.cast("M400 70L590 280L400 540L210 280Z")
		s.path(s.slope(s.main), "M400 70L400 280H210Z")
		s.path(s.slope(s.accent), "M400 70L590 280H400Z")
		s.path(s.slope(s.accent.lighter(.35)), "M210 280H400V540Z")
		s.path(s.slope(s.main.darker(.12)), "M400 280H590L400 540Z")
		s.line(hex(0xb98d57), 7, "M400 70V540M210 280H590")
	})
}

func drawCar(s *sketch) {
	s.stand(400, 260)
	switch s.style {
	case "van":
		s.path(s.slope(s.main), "M160 360Q160 310 210 310H520C580 310 620 400 640 460V580H160Z")
		s.path(s.slope(s.accent), "M160 470H642V520H160Z")
		for _, x := range []float64{196, 306, 416} {
			s.rect(hex(0xdcebef), x, 346, 92, 84, 14)
		}
		s.path(hex(0xdcebef), "M526 346C560 350 590 400 602 436H526Z")
	default:
		s.path(s.slope(s.accent), "M270 420C290 340 330 320 390 320S500 340 540 430Z")
		s.path(hex(0xdcebef), "M306 420C316 370 340 350 385 350V420ZM405 350C450 352 480 380 500 420H405Z")
		body := "M140 500C140 430 200 420 280 418H520C620 424 670 450 672 520V580H140Z"
		s.path(s.down(s.main.lighter(.2), s.main.darker(.15)), body)
		s.grain(body, s.main, area{140, 418, 532, 162})
		s.disc(s.ball(hex(0xf1d567)), 650, 500, 20)
	}
	s.wheel(hex(0x5a4636), 250, 588, 62)
	s.wheel(hex(0x5a4636), 550, 588, 62)
}

func drawRocket(s *sketch) {
	s.stand(400, 150)
	s.path(s.down(hex(0xffe08a), hex(0xe8703a)), "M360 560H440L400 660Z")
	s.path(s.slope(s.accent), "M320 430L210 560V640L330 570ZM480 430L590 560V640L470 570Z")
	body := lathe(400, 150, 4, 220, 60, 330, 96, 460, 100, 560, 74)
	s.path(s.round(s.main), body)
	s.within(body, func() {
		s.path(s.round(s.accent), "M280 130H520V250Q400 280 280 250Z")
		s.line(s.accent, 18, "M280 500Q400 534 520 500")
	})
	s.disc(hex(0xd6ab74), 400, 360, 50)
	s.disc(s.ball(hex(0x7fb2cc)), 400, 360, 38)
	s.path(s.round(s.accent.darker(.1)), "M388 460H412V630H388Z")
}

func drawYoyo(s *sketch) {
	s.line(hex(0x8d8672), 5, "M560 420C620 300 560 200 600 110A24 24 0 1 1 620 84")
	s.cast(circle(380, 430, 190, 190))
	s.disc(s.accent.darker(.3), 405, 436, 188)
	s.disc(s.ball(s.main), 380, 430, 190)
	for i, r := range []float64{150, 112, 74} {
		s.disc(s.slope([]rgb{s.accent, s.main.lighter(.4), s.accent.lighter(.2)}[i]), 380, 430, r)
	}
	s.disc(s.ball(hex(0xe8d1a8)), 380, 430, 36)
}

func drawMarbles(s *sketch) {
	s.path(s.round(s.main.darker(.25)), "M235 470C170 560 190 650 330 650H470C600 650 590 520 520 460Z")
	s.path(s.down(s.main, s.main.darker(.35)), "M250 480Q390 380 510 470Q480 520 380 520T250 480Z")
	s.line(s.accent, 10, "M240 500C190 420 150 470 120 430M515 490C570 430 620 470 640 420")
	c := []rgb{s.accent, hex(0x3c9791), hex(0xc94a43), hex(0x4b7c9b), hex(0xdba63b), hex(0x64415f), hex(0x6f9e58)}
	for i, p := range [][3]float64{{330, 440, 52}, {430, 430, 56}, {380, 370, 50}, {610, 620, 54}, {180, 640, 44}, {690, 560, 38}, {540, 680, 42}} {
		x, y, r := p[0], p[1], p[2]
		s.oval(shadow(.16), x+6, y+r*.9, r*.9, r*.24)
		s.disc(s.ball(c[i].lighter(.55)), x, y, r)
		s.turned(s.between(0, 180), x, y, func() {
			s.path(faded{c[i], .9}, d("M%v %vq%v %v %v 0q%v %v %v 0Z", x-r*.7, y, r*.7, -r*.8, r*1.4, -r*.7, r*.1, -r*1.4))
		})
		s.oval(light(.8), x-r*.32, y-r*.4, r*.2, r*.13)
	}
}

func drawDollhouse(s *sketch) {
	s.stand(400, 220)
	s.path(s.slope(hex(0xe8d1a8)), "M210 350H590V648H210Z")
	s.path(s.slope(s.main), "M180 360L400 150L620 360L596 382L400 196L204 382Z")
	rooms := []rgb{s.accent.lighter(.5), s.main.lighter(.6), hex(0xf6e3b4), hex(0xcfe0e6)}
	for i, p := range [][2]float64{{228, 380}, {408, 380}, {228, 518}, {408, 518}} {
		s.rect(s.down(rooms[i].darker(.06), rooms[i]), p[0], p[1], 164, 118, 4)
	}
	s.path(s.down(s.accent.lighter(.6), s.accent.lighter(.3)), "M300 362L400 262L500 362Z")
	s.path(s.accent, "M248 458h80v30h-80ZM248 440h14v50h-14Z")
	s.path(s.main, "M440 440h60v50h-60Z")
	s.path(hex(0x83593b), "M250 596h90v10h-90ZM258 606h8v28h-8ZM322 606h8v28h-8Z")
	s.path(s.main.darker(.2), "M480 636V560a30 30 0 0 1 60 0V636Z")
	s.disc(hex(0xf1d567), 400, 322, 17)
	s.line(hex(0x83593b), 6, "M400 378V640M220 508H580")
	s.rect(s.round(s.main.darker(.2)), 500, 190, 44, 90, 4)
}

func drawXylophone(s *sketch) {
	s.turned(-14, 400, 400, func() {
		s.path(shadow(.12), "M130 330L700 400V470L130 560Z")
		s.path(s.down(hex(0xd6ab74), hex(0xb98a56)), "M120 330H690V356H120ZM120 500H690V526H120Z")
		c := []string{"red", "amber", "lemon", "leaf", "teal", "fjord", "lavender", "plum"}
		for i, name := range c {
			x, h := 140+float64(i)*67, 360-float64(i)*26
			s.path(s.round(tones[name].mix(s.main, .25)), box(x, 428-h/2, 54, h, 12))
			s.points(hex(0xf4ecd8), 12, d("M%v %vh.1M%v %vh.1", x+27, 446-h/2, x+27, 410+h/2))
		}
		s.turned(-24, 500, 600, func() {
			s.tube(hex(0xd6ab74), 13, "M330 640H620")
			s.disc(s.ball(s.accent), 320, 640, 34)
		})
	})
}

func drawRobot(s *sketch) {
	s.stand(400, 160)
	s.line(hex(0x8d979f), 9, "M400 190V130")
	s.disc(s.ball(hex(0xc94a43)), 400, 122, 20)
	s.tube(hex(0x8d979f), 30, "M300 420C230 430 210 480 214 530M500 420C570 430 590 480 586 530")
	s.path(s.round(s.accent), box(180, 520, 68, 46, 20))
	s.path(s.round(s.accent), box(552, 520, 68, 46, 20))
	s.path(s.round(s.main.darker(.15)), "M320 570H380V648H300V628Q304 606 320 606ZM420 570H480V606Q496 606 500 628V648H420Z")
	s.path(s.round(s.main), box(290, 370, 220, 220, 28))
	s.path(s.round(s.main.lighter(.1)), box(270, 186, 260, 176, 40))
	s.path(s.slope(hex(0x2f3440)), box(300, 224, 200, 100, 30))
	s.points(s.accent.lighter(.4), 34, "M352 266h.1M448 266h.1")
	s.line(s.accent.lighter(.4), 7, "M366 302Q400 318 434 302")
	s.path(s.slope(hex(0xfaf5ea)), box(330, 420, 140, 90, 14))
	s.face(370, 465, 30, hex(0x3a3d42), s.between(0, 360))
	s.points(hex(0xc94a43), 17, "M432 446h.1")
	s.points(hex(0xdba63b), 17, "M432 484h.1")
	s.points(hex(0x3c9791), 17, "M454 465h.1")
}

func drawDuck(s *sketch) {
	s.stand(400, 220)
	s.line(s.accent.darker(.1), 6, "M640 560C700 560 690 640 740 660")
	s.path(s.slope(hex(0xe8d1a8)), box(190, 540, 440, 40, 20))
	s.path(s.ball(s.main), "M180 400C230 440 300 440 360 420C350 330 390 230 480 230C570 230 600 310 570 370C560 400 580 420 580 460C580 530 520 550 440 550H330C230 550 180 490 180 400Z")
	s.path(s.slope(s.main.darker(.14)), "M290 440C350 410 440 430 450 460C440 520 350 530 310 500Z")
	s.path(s.down(hex(0xf09a44), hex(0xcf6e2a)), "M568 300Q640 296 650 326Q610 350 570 342Z")
	s.disc(hex(0x2f2730), 510, 296, 13)
	s.disc(light(.9), 506, 292, 4)
	s.path(s.accent, "M372 400Q470 440 570 396L574 420Q470 466 368 424Z")
	s.wheel(s.accent, 280, 596, 52)
	s.wheel(s.accent, 540, 596, 52)
}
