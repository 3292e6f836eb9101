package demo

// steam rises from (x, y).
func (s *sketch) steam(x, y float64) {
	w := s.between(14, 24)
	for i := -1.0; i <= 1; i++ {
		s.line(light(.55), 10, d("M%v %vq%v -34 0 -66t0 -60", x+i*46, y-i*i*12, w))
	}
}

func drawMug(s *sketch) {
	r, top := s.between(118, 140), s.between(320, 380)
	s.stand(380, r)
	if s.style != "pair" {
		s.steam(380, top-40)
	}
	s.tube(s.main.darker(.06), 32, d("M%v %vC%v %v %v %v %v %v", 380+r-6, top+60, 380+r+120, top+40, 380+r+120, 600, 380+r-12, 585.0))
	foot := r * .86
	switch s.style {
	case "enamel", "straight":
		foot = r * .97
	case "belly":
		foot = r * .7
	}
	if s.style == "belly" {
		s.turnedBody(s.main, 380, top, r, top+90, r*1.1, 560, r*1.06, 646, foot)
	} else {
		s.turnedBody(s.main, 380, top, r, 560, (r+foot)/2, 625, foot, 646, foot*.92)
	}
	s.mouth(s.main, 380, top, r, 9)
	s.contents(hex(0x5b3a26), 380, top+6, r-18)
	if s.style == "enamel" {
		s.oval(s.main.darker(.35), 380, top+6, r-18, (r-18)*tilt)
		s.add("ellipse", `fill="none" stroke-width="8"`, s.accent.darker(.2).attr("stroke"), attr("cx", 380), attr("cy", top), attr("rx", r-2), attr("ry", r*tilt))
	}
}

func drawCup(s *sketch) {
	s.stand(390, 210)
	r, top := 130.0, 400.0
	if s.style == "espresso" {
		r, top = 98, 430
	}
	s.path(s.round(s.accent.darker(.05)), lathe(390, 606, 215, 630, 180, 648, 110))
	s.oval(s.slope(s.accent), 390, 606, 215, 34)
	s.oval(shadow(.18), 395, 612, 120, 17)
	s.steam(390, top-44)
	s.tube(s.main.darker(.05), 22, d("M%v %vc80 -20 86 84 -10 88", 390+r-6, top+36))
	s.turnedBody(s.main, 390, top, r, top+70, r*.95, top+140, r*.68, 606, r*.42)
	s.mouth(s.main, 390, top, r, 8)
	s.contents(hex(0x6b4228), 390, top+5, r-15)
	if s.style != "espresso" {
		s.path(hex(0xf1dfc2), d("M390 %vc-70 -10 -54 -26 0 -18c54 -8 70 8 0 18Z", top+16))
	}
}

func drawDripper(s *sketch) {
	s.stand(400, 130)
	carafe := lathe(400, 430, 58, 470, 62, 560, 138, 620, 142, 646, 124)
	s.path(faded{hex(0xd3e6ea), .8}, carafe)
	s.within(carafe, func() {
		s.path(s.round(hex(0x4f3020)), lathe(400, 560, 150, 660, 150))
		s.oval(hex(0x754a30), 400, 560, 136, 20)
	})
	s.line(light(.7), 9, "M300 590Q292 620 310 640")
	s.line(faded{hex(0x7e98a3), .6}, 4, carafe)
	s.tube(s.accent, 20, "M520 540C600 520 600 620 534 622")
	s.tube(s.main.darker(.05), 20, "M520 300C610 290 600 380 470 376")
	s.turnedBody(s.main, 400, 260, 150, 330, 104, 400, 52, 420, 48)
	s.mouth(s.main, 400, 260, 150, 8)
	s.oval(hex(0xf7efe0), 400, 262, 136, 20)
	s.oval(hex(0x5b3a26), 400, 268, 108, 14)
	s.path(s.round(s.main), lathe(400, 414, 104, 430, 104))
	s.steam(400, 220)
}

func drawFrenchPress(s *sketch) {
	s.stand(390, 130)
	s.tube(s.accent, 26, "M505 330C620 310 620 590 505 580")
	glass := lathe(390, 280, 116, 640, 116)
	s.path(faded{hex(0xd3e6ea), .75}, glass)
	s.within(glass, func() {
		s.path(s.round(hex(0x50301f)), lathe(390, 400, 116, 650, 116))
		s.oval(hex(0x8a5a3a), 390, 400, 114, 18)
	})
	s.line(light(.6), 12, "M308 320V600")
	s.path(s.metal(s.main), lathe(390, 600, 124, 646, 122))
	s.path(s.metal(s.main), lathe(390, 300, 122, 324, 122))
	s.path(s.metal(s.main), "M286 330h14v290h-14ZM480 330h14v290h-14Z")
	s.path(s.metal(s.main), lathe(390, 222, 40, 250, 106, 284, 124))
	s.path(s.metal(s.main), "M270 270L240 250L280 300Z")
	s.line(s.main.darker(.2), 9, "M390 140V230")
	s.disc(s.ball(s.accent), 390, 132, 30)
}

func drawMoka(s *sketch) {
	s.stand(390, 130)
	s.tube(s.accent, 32, "M486 270C570 250 600 300 580 420")
	s.path(s.metal(s.main), "M312 250L290 430H490L468 250ZM268 262L312 250L306 300Z")
	s.path(s.metal(s.main.darker(.08)), "M290 462L250 630Q390 668 530 630L490 462Z")
	s.rect(s.metal(s.main.darker(.2)), 282, 428, 216, 36, 8)
	s.line(shadow(.16), 4, "M352 250L340 430M428 250L440 430M340 464L322 642M440 464L458 642")
	s.path(s.metal(s.main), "M308 250Q390 190 472 250Z")
	s.disc(s.ball(s.accent), 390, 206, 22)
	s.disc(s.ball(hex(0xcda551)), 300, 540, 14)
	s.steam(250, 230)
}

func drawKettle(s *sketch) {
	s.stand(400, 170)
	if s.style == "gooseneck" {
		s.tube(s.main, 26, "M270 600C150 600 210 400 120 330")
		s.tube(s.accent, 30, "M540 380C640 360 650 430 640 560")
		s.turnedBody(s.main, 410, 360, 112, 480, 136, 600, 156, 646, 158)
		s.path(s.metal(s.main), lathe(410, 328, 60, 340, 104, 364, 112))
	} else {
		s.tube(s.accent, 28, "M270 380C230 130 570 130 530 380")
		s.tube(s.main, 44, "M560 500Q620 480 660 390")
		s.turnedBody(s.main, 400, 350, 70, 380, 130, 480, 190, 590, 196, 646, 176)
		s.path(s.metal(s.main), lathe(400, 336, 50, 352, 74))
	}
	x := map[bool]float64{true: 410, false: 400}[s.style == "gooseneck"]
	s.disc(s.ball(s.accent), x, 312, 24)
}

func drawTeapot(s *sketch) {
	s.stand(400, 160)
	if s.style == "iron" {
		s.tube(hex(0x3d4045), 17, "M250 400C240 170 560 170 550 400")
		s.disc(s.ball(s.accent), 400, 226, 15)
	} else {
		s.tube(s.accent, 28, "M560 410C690 380 690 580 550 575")
	}
	s.path(s.down(s.main, s.main.darker(.25)), "M270 460C190 470 190 400 140 372L112 392C150 470 180 570 280 560Z")
	s.turnedBody(s.main, 400, 360, 88, 390, 140, 480, 180, 570, 168, 630, 116, 646, 100)
	s.path(s.round(s.main.darker(.05)), lathe(400, 322, 34, 344, 82, 364, 96))
	s.line(shadow(.2), 4, "M304 368A96 15 0 0 0 496 368")
	s.disc(s.ball(s.accent), 400, 300, 22)
	s.steam(112, 330)
}

func drawGrinder(s *sketch) {
	s.stand(400, 110)
	s.tube(hex(0xb8c1c9), 18, "M400 210H560")
	s.turnedBody(hex(0x83593b), 570, 150, 16, 165, 28, 200, 18)
	s.path(s.metal(hex(0xb8c1c9)), lathe(400, 208, 30, 240, 70, 266, 92))
	s.turnedBody(s.main, 400, 262, 94, 400, 96, 440, 92)
	s.path(s.metal(s.accent), lathe(400, 436, 100, 462, 100))
	s.turnedBody(s.main.darker(.1), 400, 462, 92, 560, 94, 646, 90)
	s.disc(s.ball(hex(0xcda551)), 400, 350, 15)
	for _, p := range [][3]float64{{570, 640, 20}, {610, 652, -30}, {545, 660, 60}} {
		s.bean(p[0], p[1], p[2])
	}
}

// bean is one coffee bean.
func (s *sketch) bean(x, y, degrees float64) {
	s.turned(degrees, x, y, func() {
		s.oval(s.ball(hex(0x6b4228)), x, y, 24, 16)
		s.line(hex(0x3a2216), 4, d("M%v %vq12 -7 20 0t20 0", x-20, y))
	})
}

func drawCoffeeBag(s *sketch) {
	s.stand(400, 150)
	body := "M270 210H530L556 630Q400 664 244 630Z"
	s.path(s.round(s.main), body)
	s.decorate(body, area{244, 210, 312, 440}, 6)
	s.path(s.down(s.main.lighter(.1), s.main.darker(.2)), "M264 150H536L530 216H270Z")
	s.line(shadow(.16), 4, "M266 182H534M268 204H532")
	s.path(shadow(.1), "M530 216L556 630L510 642Q524 420 490 216Z")
	s.rect(s.slope(hex(0xfaf5ea)), 305, 320, 190, 220, 10)
	s.turned(-30, 400, 400, func() {
		s.oval(s.ball(s.accent), 400, 400, 52, 36)
		s.line(s.accent.darker(.5), 6, "M356 400q22 -16 44 0t44 0")
	})
	s.line(s.main.darker(.25), 7, "M345 480H455M365 508H435")
	s.bean(210, 655, 20)
	s.bean(600, 662, -40)
	s.bean(560, 674, 35)
}

func drawTeaTin(s *sketch) {
	s.stand(400, 130)
	s.turnedBody(s.main, 400, 300, 132, 640, 132)
	s.path(s.round(s.accent), lathe(400, 230, 128, 312, 137))
	s.oval(s.slope(s.accent.lighter(.2)), 400, 230, 128, 128*tilt)
	s.add("ellipse", `fill="none" stroke-width="5"`, s.accent.darker(.15).attr("stroke"), attr("cx", 400), attr("cy", 230), attr("rx", 92), attr("ry", 14))
	s.path(s.slope(hex(0xfaf5ea)), circle(400, 480, 84, 92))
	for _, a := range []float64{-42, 0, 42} {
		s.leafShape(s.main.mix(hex(0x5d8a4a), .6), 400, 520, 92, 26, a)
	}
	for i := range 5 {
		s.leafShape(hex(0x5b5f3a), 200+float64(i)*26, 660+s.between(-12, 12), 28, 9, s.between(0, 180))
	}
}

func drawGlass(s *sketch) {
	for _, g := range [][2]float64{{305, 300}, {500, 370}} {
		x, top := g[0], g[1]
		s.stand(x, 84)
		outer := lathe(x, top, 92, top+120, 98, 600, 84, 646, 72)
		inner := lathe(x, top+60, 84, top+130, 84, 560, 64, 600, 40)
		s.path(faded{hex(0xdcebef), .7}, outer)
		s.path(s.round(s.main), inner)
		s.oval(s.main.lighter(.35), x, top+60, 84, 13)
		if s.style == "latte" {
			s.path(s.round(hex(0xf3e4cb)), lathe(x, top+60, 84, top+100, 85))
			s.oval(hex(0xfdf6e8), x, top+60, 84, 13)
		}
		s.line(light(.8), 9, d("M%v %vV580", x-74, top+50))
		s.line(faded{hex(0x7e98a3), .55}, 4, outer)
		s.add("ellipse", `fill="none" stroke="#9fb6be" stroke-width="4"`, attr("cx", x), attr("cy", top), attr("rx", 91), attr("ry", 14))
	}
}

func drawMatcha(s *sketch) {
	s.stand(350, 150)
	s.turnedBody(s.main, 350, 430, 180, 520, 172, 610, 120, 646, 80)
	s.mouth(s.main, 350, 430, 180, 10)
	s.contents(hex(0x93b455), 350, 440, 160)
	s.points(faded{hex(0xe7efc0), .8}, 9, "M300 440h.1M330 450h.1M390 434h.1M280 432h.1M410 446h.1")
	s.stand(590, 60)
	s.path(s.round(hex(0xe3c78f)), "M560 420H620L612 510Q640 560 634 630Q590 662 546 630Q540 560 568 510Z")
	s.line(hex(0xb08d52), 4, "M560 560L556 630M576 530L570 640M590 520V642M604 530L610 640M620 560L624 630M566 506H614")
}
