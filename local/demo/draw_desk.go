package demo

import "strings"

func drawNotebook(s *sketch) {
	s.turned(s.between(-14, 12), 400, 400, func() {
		cover := box(220, 140, 360, 520, 18)
		s.cast(cover)
		s.path(s.main.darker(.4), box(226, 150, 362, 518, 18))
		s.path(hex(0xf4eee0), box(232, 146, 352, 514, 10))
		s.path(s.slope(s.main), cover)
		s.decorate(cover, area{220, 140, 360, 520}, 0)
		s.within(cover, func() { s.rect(shadow(.16), 220, 140, 46, 520, 0); s.rect(light(.2), 266, 140, 4, 520, 0) })
		switch s.style {
		case "spiral":
			for y := 170.0; y < 650; y += 34 {
				s.line(hex(0x6b727a), 6, d("M246 %vC200 %v 200 %v 236 %v", y, y-12, y+16, y+10))
			}
		case "label":
			s.rect(s.slope(hex(0xfaf5ea)), 330, 230, 190, 110, 8)
			s.line(s.main.darker(.2), 5, "M355 268H495M355 300H450")
		default:
			s.rect(s.slope(s.accent), 520, 140, 20, 520, 0)
			s.path(s.accent.darker(.15), "M330 655h22v62l-11 -12l-11 12Z")
		}
	})
}

func drawPencils(s *sketch) {
	colours := []rgb{s.main, s.accent, s.main.lighter(.45), s.accent.darker(.25), s.main.mix(s.accent, .5), s.accent.lighter(.4)}
	s.turned(s.between(-24, -10), 400, 400, func() {
		tray := box(195, 300, 410, 380, 20)
		s.cast(tray)
		for i, c := range colours {
			x := 222 + float64(i)*61
			top := 170 + s.between(0, 26)
			s.path(hex(0xf0d7ac), d("M%v %vL%v %vL%v %vZ", x, top+70, x+26, top, x+52, top+70))
			s.path(c.darker(.1), d("M%v %vL%v %vL%v %vZ", x+17, top+24, x+26, top, x+35, top+24))
			s.path(s.gradient("linearGradient", `x2="1" y2="0"`, stop{0, c.lighter(.15), 1}, stop{.33, c.lighter(.15), 1}, stop{.34, c, 1}, stop{.66, c, 1}, stop{.67, c.darker(.18), 1}, stop{1, c.darker(.18), 1}),
				d("M%v %vq8.6 -14 17.3 0q8.6 -14 17.3 0q8.6 -14 17.3 0V660h-52Z", x, top+70))
		}
		s.path(s.slope(s.main.darker(.15)), box(195, 430, 410, 250, 20))
		s.rect(hex(0xfaf5ea), 300, 510, 200, 90, 8)
		s.line(s.main.darker(.2), 6, "M330 542H470M350 570H450")
	})
}

func drawPen(s *sketch) {
	s.turned(s.between(-52, -40), 400, 400, func() {
		s.cast(box(120, 376, 520, 50, 25))
		barrel := box(320, 374, 330, 52, 24)
		s.path(s.down(s.main.lighter(.35), s.main.darker(.35)), barrel)
		s.decorate(barrel, area{320, 374, 330, 52}, 0)
		s.path(s.down(s.main.darker(.1), s.main.darker(.5)), "M230 384L325 376V424L230 416Z")
		if s.style == "ball" {
			s.path(s.down(s.accent.lighter(.4), s.accent.darker(.3)), "M160 396L234 382V418L160 404Z")
		} else {
			s.path(s.down(hex(0xf1dc9a), hex(0xb98d3c)), "M110 400C150 380 190 372 234 384V416C190 428 150 420 110 400Z")
			s.line(hex(0x7d5c22), 3, "M112 400H190")
			s.disc(hex(0x7d5c22), 194, 400, 6)
		}
		s.rect(s.down(s.accent.lighter(.4), s.accent.darker(.3)), 318, 372, 16, 56, 3)
		s.rect(s.down(s.accent.lighter(.4), s.accent.darker(.3)), 470, 372, 12, 56, 3)
		s.path(s.down(s.accent.lighter(.5), s.accent.darker(.2)), "M640 366H480q-14 10 0 16H640Z")
		s.rect(light(.4), 340, 384, 280, 7, 3)
	})
	s.line(faded{s.main.darker(.2), .8}, 5, "M150 690q30 -40 50 0t50 -4t46 6t50 -14")
}

func drawDeskLamp(s *sketch) {
	s.stand(470, 120)
	s.tube(s.accent, 18, "M480 630L560 400L360 210")
	s.disc(s.ball(s.accent), 560, 400, 22)
	s.path(s.metal(s.main), lathe(480, 618, 118, 646, 122))
	s.path(s.glow(hex(0xffe9b0), .9), "M250 330L110 650H420L380 300Z")
	s.turned(38, 340, 230, func() {
		s.turnedBody(s.main, 330, 170, 30, 200, 62, 260, 96, 310, 122)
		s.oval(hex(0xfff0c8), 330, 312, 114, 17)
	})
}

func drawOrganiser(s *sketch) {
	s.stand(400, 190)
	s.line(s.accent, 14, "M300 430L280 210M330 430L345 190")
	s.path(hex(0xf0d7ac), "M273 212L278 176L288 210ZM338 192L348 156L352 190Z")
	s.tube(hex(0x4b7c9b), 14, "M370 430L392 230")
	s.line(hex(0x8d979f), 10, "M488 480L540 250M552 480L505 250")
	s.ring(hex(0xc94a43), 12, 548, 232, 24)
	s.ring(hex(0xc94a43), 12, 498, 232, 24)
	s.path(s.round(s.main), "M240 390H420V648H240Z")
	s.path(s.round(s.main.darker(.06)), "M410 460H600V648H410Z")
	s.path(s.main.darker(.45), "M240 390h180v14H240ZM420 460h180v14H420Z")
	s.grain("M240 404H420V474H600V648H240Z", s.main, area{240, 404, 360, 244})
	s.path(s.slope(hex(0xf1d567)), "M470 446h90v70h-90Z")
	s.path(s.round(s.main.darker(.1)), "M420 500H600V648H420Z")
	s.line(shadow(.2), 4, "M420 404V648")
}

func drawStapler(s *sketch) {
	s.stand(400, 220)
	s.path(s.down(s.main.darker(.1), s.main.darker(.35)), "M170 610H620Q640 612 640 630V648H160V628Z")
	s.path(s.metal(hex(0xb8c1c9)), "M180 570L600 520V550L200 600Z")
	s.turned(-9, 600, 560, func() {
		s.path(s.down(s.main.lighter(.3), s.main.darker(.2)), "M150 540C150 480 210 450 300 450H560C630 450 650 500 650 570L170 566Z")
		s.line(light(.4), 9, "M200 490Q260 468 400 466")
		s.rect(s.accent, 400, 500, 150, 14, 7)
	})
	s.path(s.ball(s.main.darker(.25)), circle(608, 560, 44, 44))
}

func drawScissors(s *sketch) {
	s.turned(s.between(18, 40), 400, 400, func() {
		s.cast("M385 120L430 430L360 640L330 620L380 430Z")
		s.path(s.metal(hex(0xb8c1c9)), "M372 110Q392 100 398 130L430 440L388 450Z")
		s.path(s.metal(hex(0xc9d1d7)), "M428 110Q408 100 402 130L370 440L412 450Z")
		for _, side := range []float64{-1, 1} {
			x := 400 + side*74
			s.tube(s.main, 32, d("M%v 430C%v 500 %v 520 %v 560", 400+side*6, 400+side*20, x-side*40, x-side*20)+circle(x, 610, 50, 68))
		}
		s.disc(s.ball(s.accent), 400, 416, 20)
		s.line(s.accent.darker(.5), 4, "M390 422L410 410")
	})
}

func drawDeskMat(s *sketch) {
	mat := box(110, 240, 580, 340, 24)
	s.turned(-8, 400, 400, func() {
		s.cast(mat)
		s.path(s.slope(s.main), mat)
		s.decorate(mat, area{110, 240, 580, 340}, 0)
		s.add("path", `fill="none" stroke-width="4" stroke-dasharray="14 9"`, s.main.mark(.35).attr("stroke"), `d="`+box(126, 256, 548, 308, 14)+`"`)
		s.rect(s.slope(hex(0xfaf5ea)), 180, 300, 170, 220, 6)
		s.line(hex(0xb7b0a5), 5, "M205 340H325M205 372H325M205 404H290")
		s.tube(s.accent, 13, "M380 510L420 330")
		s.path(shadow(.2), "M510 420a60 72 0 1 0 100 0Z")
		s.path(s.ball(hex(0xfaf8f3)), circle(555, 420, 50, 72))
		s.line(shadow(.3), 4, "M555 350V400")
	})
}

func drawKeyboard(s *sketch) {
	s.turned(-10, 400, 400, func() {
		body := box(90, 280, 620, 250, 26)
		s.cast(body)
		s.path(s.main.darker(.35), box(90, 292, 620, 250, 26))
		s.path(s.slope(s.main), body)
		keys := func(c rgb, x, y, w float64) {
			s.rect(c.darker(.28), x, y+4, w, 38, 8)
			s.rect(c.lighter(.08), x, y, w, 36, 8)
		}
		cap := s.main.mark(.1)
		if s.main.bright() {
			cap = s.main.lighter(.6)
		}
		for row := 0.0; row < 4; row++ {
			for i := 0.0; i < 12; i++ {
				c := cap
				if (row == 0 && i == 0) || (row == 2 && i == 11) {
					c = s.accent
				}
				keys(c, 112+i*48.4, 302+row*45, 41)
			}
		}
		keys(cap, 112, 482, 90)
		keys(s.accent, 209, 482, 284)
		keys(cap, 500, 482, 186)
	})
}

func drawMouse(s *sketch) {
	s.turned(s.between(-20, 14), 400, 400, func() {
		body := "M400 180C520 180 545 300 545 420S500 640 400 640S255 540 255 420S280 180 400 180Z"
		s.cast(body)
		s.path(s.ball(s.main), body)
		s.line(shadow(.22), 4, "M400 182V370M258 380Q400 350 542 380")
		s.rect(s.round(s.accent), 382, 235, 36, 90, 18)
		s.line(shadow(.3), 4, "M386 262H414M386 280H414M386 298H414")
		s.oval(light(.22), 330, 300, 36, 80)
	})
}

func drawLaptopStand(s *sketch) {
	s.stand(400, 230)
	s.path(s.down(hex(0xd3d8dc), hex(0xa6aeb5)), "M205 190H595Q610 190 610 206V430H190V206Q190 190 205 190Z")
	s.path(s.slope(s.accent), "M208 206H592V416H208Z")
	s.path(light(.18), "M208 206H420L300 416H208Z")
	s.path(s.down(hex(0xc3cad0), hex(0x8d969e)), "M190 430H610L650 476H150Z")
	s.line(shadow(.18), 5, "M220 446H580M210 458H590")
	s.path(s.down(s.main.lighter(.2), s.main.darker(.2)), "M140 478H660V500H140Z")
	s.path(s.round(s.main), "M250 500H300L260 630H210ZM500 500H550L590 630H540Z")
	s.path(s.down(s.main, s.main.darker(.3)), "M180 626H620V648H180Z")
	s.grain("M140 478H660V500H140Z", s.main, area{140, 478, 520, 22})
}

func drawCalendar(s *sketch) {
	s.stand(400, 210)
	s.path(s.main.darker(.3), "M560 250L650 648H240Z")
	s.path(s.slope(hex(0xfbf8f0)), "M210 230H560L590 640H180Z")
	s.path(s.slope(s.main), "M210 230H560L567 330H203Z")
	s.decorate("M210 230H560L567 330H203Z", area{200, 230, 367, 100}, 0)
	for row := 0.0; row < 5; row++ {
		for i := 0.0; i < 7; i++ {
			k := 1 + row*.022
			x, y := 385+(i-3)*48*k, 376+row*52
			if row == 2 && i == 4 {
				s.disc(s.accent, x, y, 22)
			}
			s.rect(hex(0x9a9aa4), x-10, y-4, 20, 8, 4)
		}
	}
	for x := 240.0; x < 550; x += 38 {
		s.line(hex(0x6b727a), 6, d("M%v 246V206a9 9 0 0 1 18 0V232", x))
	}
}

func drawTray(s *sketch) {
	s.stand(400, 240)
	for i := 2.0; i >= 0; i-- {
		y := 330 + i*110
		s.path(s.main.darker(.45), d("M200 %vH600L650 %vH150Z", y, y+50))
		s.path(hex(0xfaf8f3), d("M225 %vH580L615 %vH185Z", y+4, y+40))
		if i == 0 {
			s.path(hex(0xf1d567), d("M250 %vH560L590 %vH215Z", y, y+32))
			s.line(hex(0x9a9aa4), 4, d("M290 %vH500M280 %vH520", y+12, y+22))
		}
		front := d("M150 %vH650V%vH560Q540 %v 480 %vH320Q260 %v 240 %vH150Z", y+48, y+112, y+112, y+82, y+82, y+112)
		s.path(s.round(s.main), front)
		s.grain(front, s.main, area{150, y + 48, 500, 64})
	}
}

func drawRuler(s *sketch) {
	s.turned(s.between(-36, -24), 400, 400, func() {
		body := box(80, 340, 640, 110, 10)
		s.cast(body)
		s.path(s.gradient("linearGradient", `x2="1" y2="1"`, stop{0, s.main.darker(.08), 1}, stop{.3, s.main.lighter(.5), 1}, stop{.5, s.main, 1}, stop{.8, s.main.lighter(.3), 1}, stop{1, s.main.darker(.15), 1}), body)
		var data, long strings.Builder
		for i := 0.0; i <= 60; i++ {
			switch int(i) % 10 {
			case 0:
				long.WriteString(d("M%v 342v46", 100+i*10))
			case 5:
				data.WriteString(d("M%v 342v34", 100+i*10))
			default:
				data.WriteString(d("M%v 342v20", 100+i*10))
			}
		}
		s.line(s.main.darker(.65), 2.5, data.String())
		s.line(s.main.darker(.65), 4, long.String())
		s.ring(s.main.darker(.5), 5, 690, 418, 12)
	})
}

func drawInk(s *sketch) {
	s.stand(400, 140)
	glass := box(265, 400, 270, 246, 34)
	s.path(faded{hex(0xdcebef), .9}, glass)
	s.path(s.down(s.main, s.main.darker(.4)), box(286, 450, 228, 180, 22))
	s.rect(hex(0xfaf5ea), 310, 490, 180, 104, 6)
	s.path(s.slope(s.main), "M400 504C424 540 426 574 400 576S376 540 400 504Z")
	s.line(light(.8), 9, "M282 440V600")
	s.path(s.round(hex(0x2d2e33)), lathe(400, 320, 84, 404, 86))
	s.oval(s.slope(hex(0x5a5d64)), 400, 320, 84, 14)
	s.path(s.round(s.accent), lathe(400, 392, 88, 406, 88))
	s.path(s.ball(s.main), "M560 655C600 620 680 640 690 664S600 700 560 680S540 670 560 655Z")
}
