package demo

import "strings"

func drawTent(s *sketch) {
	s.stand(400, 270)
	if s.style == "dome" {
		s.path(s.main.darker(.35), "M560 300C660 370 690 520 700 648H520Z")
		body := "M110 648C130 380 270 240 400 240S640 380 650 648Z"
		s.path(s.slope(s.main), body)
		s.decorate(body, area{110, 240, 540, 410}, 0)
		s.line(s.accent, 8, "M110 648C160 360 460 180 650 648M650 648C600 360 320 200 110 648")
		s.path(s.down(hex(0x3d3a4c), hex(0x59556b)), "M300 648C300 500 340 430 390 430S470 500 476 648Z")
		s.path(s.slope(s.accent), "M300 648C300 500 340 430 390 430Q330 540 352 648Z")
	} else {
		s.path(s.slope(s.main.darker(.28)), "M330 230L640 270L730 640H520Z")
		front := "M330 220L90 648H570Z"
		s.path(s.slope(s.main), front)
		s.decorate(front, area{90, 220, 480, 430}, 0)
		s.path(s.down(hex(0x3d3a4c), hex(0x59556b)), "M330 320L240 648H420Z")
		s.path(s.slope(s.accent), "M330 320L420 648L470 648Q390 520 330 320ZM330 320L240 648L200 648Q290 520 330 320Z")
		s.tube(hex(0xd6ab74), 10, "M330 200V240")
	}
	s.line(hex(0x8d8672), 4, "M120 560L50 660M660 480L752 660")
}

func drawBackpack(s *sketch) {
	s.stand(400, 170)
	s.tube(s.main.darker(.3), 24, "M255 330C190 400 200 520 245 590M545 330C610 400 600 520 555 590")
	s.line(s.main.darker(.35), 18, "M360 190C360 130 440 130 440 190")
	body := "M250 330C250 200 320 172 400 172S550 200 550 330L570 600Q572 646 520 646H280Q228 646 230 600Z"
	s.path(s.round(s.main), body)
	s.decorate(body, area{230, 170, 340, 480}, 4)
	if s.style == "roll" {
		s.path(s.round(s.main.darker(.08)), "M262 190H538L552 330H248Z")
		s.path(s.down(s.main.lighter(.25), s.main.darker(.2)), box(258, 160, 284, 56, 24))
		s.line(s.accent, 18, "M330 170V420M470 170V420")
		s.rect(hex(0x3d4045), 312, 380, 36, 44, 6)
		s.rect(hex(0x3d4045), 452, 380, 36, 44, 6)
	} else {
		s.path(s.down(s.main.lighter(.12), s.main.darker(.12)), "M246 340C246 210 320 172 400 172S554 210 554 340Q400 400 246 340Z")
		s.line(s.accent, 20, "M400 250V420")
		s.rect(s.metal(hex(0xcda551)), 378, 376, 44, 34, 6)
	}
	pocket := "M285 460Q400 440 515 460V590Q515 615 490 615H310Q285 615 285 590Z"
	s.path(s.down(s.main.darker(.04), s.main.darker(.24)), pocket)
	s.line(s.accent, 7, "M296 492Q400 474 504 492")
	s.rect(s.accent, 436, 490, 12, 34, 5)
}

func drawBottle(s *sketch) {
	s.stand(400, 90)
	switch s.style {
	case "sport":
		s.turnedBody(s.main, 400, 270, 76, 310, 98, 400, 98, 440, 84, 480, 98, 620, 98, 646, 88)
		s.path(s.round(s.accent), lathe(400, 222, 60, 240, 78, 276, 80))
		s.path(s.round(s.accent.lighter(.3)), lathe(400, 170, 20, 190, 26, 226, 30))
	case "loop":
		s.line(s.accent.darker(.1), 18, "M352 210C340 120 460 120 448 210")
		s.path(s.round(s.accent), lathe(400, 196, 58, 252, 60))
		s.turnedBody(s.main, 400, 250, 60, 290, 92, 340, 104, 620, 104, 646, 96)
	default:
		s.path(s.round(s.accent), lathe(400, 140, 42, 210, 44))
		s.oval(s.accent.lighter(.25), 400, 140, 42, 7)
		s.path(s.metal(hex(0xb8c1c9)), lathe(400, 206, 46, 224, 48))
		s.turnedBody(s.main, 400, 222, 48, 270, 56, 340, 96, 400, 100, 620, 100, 646, 92)
	}
}

func drawLantern(s *sketch) {
	s.stand(400, 130)
	s.line(s.accent.darker(.2), 11, "M290 330C250 110 550 110 510 330")
	s.oval(s.glow(hex(0xffdf9a), .9), 400, 440, 260, 240)
	s.path(s.metal(s.main), lathe(400, 210, 36, 250, 60, 290, 108, 312, 124))
	s.path(faded{hex(0xfff1cf), .85}, lathe(400, 310, 100, 430, 124, 548, 100))
	s.path(s.down(hex(0xffe9a8), hex(0xf09a3a)), "M400 360C440 430 440 500 400 506S360 430 400 360Z")
	s.line(s.main.darker(.25), 8, "M300 312V548M500 312V548M400 318V370")
	s.line(light(.8), 8, "M318 360Q300 430 318 510")
	s.path(s.metal(s.main), lathe(400, 548, 116, 570, 130, 640, 136))
	s.disc(s.ball(s.accent), 400, 606, 18)
}

func drawTorch(s *sketch) {
	s.turned(-30, 400, 420, func() {
		s.path(s.glow(hex(0xfff0bf), .95), "M230 400L-60 240V580L230 440Z")
		s.cast(box(270, 370, 400, 100, 20))
		s.path(s.gradient("linearGradient", `x2="0" y2="1"`, stop{0, s.main.darker(.1), 1}, stop{.25, s.main.lighter(.4), 1}, stop{1, s.main.darker(.4), 1}), "M230 340L330 375H640Q670 376 670 420T640 465H330L230 500Z")
		s.oval(hex(0xfff6dc), 230, 420, 24, 80)
		s.oval(hex(0xffe3a0), 230, 420, 12, 44)
		var data strings.Builder
		for x := 400.0; x < 600; x += 18 {
			data.WriteString(d("M%v 378V462", x))
		}
		s.line(shadow(.3), 6, data.String())
		s.rect(s.accent, 340, 386, 44, 26, 12)
	})
}

func drawSleepingBag(s *sketch) {
	s.stand(400, 230)
	body := "M230 370H560A90 138 0 0 1 560 646H230Z"
	s.path(s.gradient("linearGradient", `x2="0" y2="1"`, stop{0, s.main.darker(.05), 1}, stop{.3, s.main.lighter(.25), 1}, stop{1, s.main.darker(.35), 1}), body)
	s.decorate(body, area{230, 370, 420, 276}, 0)
	s.line(shadow(.14), 5, "M330 372Q370 508 330 644M440 372Q480 508 440 644M540 372Q580 508 540 644")
	s.oval(s.slope(s.accent), 230, 508, 84, 138)
	for r := 118.0; r > 10; r -= 24 {
		s.add("ellipse", `fill="none" stroke-width="7"`, s.main.darker(.1).attr("stroke"), attr("cx", 232), attr("cy", 508), attr("rx", r*.6), attr("ry", r))
	}
	s.line(hex(0x3d4045), 14, "M380 370Q420 508 380 646M500 370Q540 508 500 646")
}

func drawCampChair(s *sketch) {
	s.stand(400, 210)
	s.tube(s.accent.darker(.25), 14, "M270 640L520 430M530 640L280 430")
	back := "M255 200Q400 250 545 200L530 440Q400 470 270 440Z"
	s.path(s.round(s.main), back)
	s.decorate(back, area{255, 200, 290, 260}, 8)
	s.path(s.down(s.main.lighter(.12), s.main.darker(.25)), "M250 455Q400 420 550 455L560 510Q400 580 240 510Z")
	s.tube(s.accent, 16, "M252 180L235 645M548 180L565 645M225 400H285M515 400H575")
}

func drawCompass(s *sketch) {
	s.line(s.main.darker(.2), 14, "M400 130C340 40 520 20 500 90S430 110 400 150")
	s.cast(circle(400, 400, 220, 220))
	s.disc(s.metal(s.main), 400, 400, 226)
	s.disc(s.main.darker(.5), 400, 400, 190)
	s.disc(s.slope(hex(0xfaf6ea)), 400, 402, 186)
	for a := 0.0; a < 360; a += 15 {
		s.turned(a, 400, 402, func() { s.line(hex(0x55585f), 4, "M400 228v16") })
	}
	for a := 0.0; a < 360; a += 45 {
		s.turned(a, 400, 402, func() { s.path(faded{s.main.darker(.3), .5}, "M400 300L414 388L400 402L386 388Z") })
	}
	s.turned(s.between(15, 70), 400, 402, func() {
		s.path(s.round(s.accent), "M400 246L424 402H376Z")
		s.path(s.round(hex(0x5b6068)), "M400 558L424 402H376Z")
	})
	s.disc(s.ball(s.main), 400, 402, 16)
	s.path(light(.25), "M250 300A186 186 0 0 1 470 230Q330 290 270 440A186 186 0 0 1 250 300Z")
}

func drawPocketKnife(s *sketch) {
	s.turned(s.between(-20, -8), 400, 400, func() {
		s.cast(box(170, 400, 430, 110, 55))
		s.turned(-38, 580, 440, func() {
			s.path(s.down(hex(0xe4e9ec), hex(0x9aa4ac)), "M230 400C280 380 400 376 580 392V450H320C270 446 240 430 230 400Z")
			s.line(hex(0x8d979f), 4, "M300 402H430")
		})
		s.path(s.down(hex(0xdfe4e8), hex(0x98a2aa)), "M200 440L110 470Q96 480 112 486L210 480Z")
		handle := box(170, 400, 440, 110, 54)
		s.path(s.down(s.main.lighter(.28), s.main.darker(.25)), handle)
		s.grain(handle, s.main, area{170, 400, 440, 110})
		for _, x := range []float64{226, 390, 560} {
			s.disc(s.ball(s.accent), x, 455, 13)
		}
	})
}

func drawHammock(s *sketch) {
	s.tube(hex(0x8a6a4c), 46, "M90 60V660M710 60V660")
	s.oval(s.glow(hex(0x1f1a2e), .4), 400, 670, 280, 30)
	s.line(hex(0xb59b72), 6, "M100 180L200 300M100 180L220 280M700 180L600 300M700 180L580 280")
	body := "M190 285C240 330 560 330 610 285C600 520 500 580 400 580S200 520 190 285Z"
	s.path(s.down(s.main.lighter(.15), s.main.darker(.2)), body)
	s.decorate(body, area{190, 285, 420, 300}, 30)
	s.path(s.down(s.main.darker(.4), s.main.darker(.15)), "M190 285C240 330 560 330 610 285C560 400 240 400 190 285Z")
	s.line(s.accent, 12, "M190 285C240 404 560 404 610 285")
}

func drawJacket(s *sketch) {
	arms := "M300 220L190 290L150 560L225 575L270 400ZM500 220L610 290L650 560L575 575L530 400Z"
	body := "M300 200Q400 240 500 200L560 300V660Q400 684 240 660V300Z"
	s.cast(body + arms)
	s.path(s.round(s.main.darker(.14)), arms)
	s.path(s.round(s.main), body)
	s.decorate(body, area{240, 200, 320, 480}, 0)
	s.path(s.ball(s.main.darker(.1)), "M310 215C290 120 350 90 400 90S510 120 490 215Q400 270 310 215Z")
	s.path(s.main.darker(.55), "M350 210C340 150 370 136 400 136S460 150 450 210Q400 240 350 210Z")
	s.line(s.accent, 9, "M400 232V668")
	s.line(shadow(.2), 6, "M280 520L350 500M520 520L450 500M152 540L224 556M648 540L576 556")
	s.line(s.accent, 5, "M372 224L366 290M428 224L434 290")
}

func drawBeanie(s *sketch) {
	s.disc(s.ball(s.accent), 400, 190, 74)
	var data strings.Builder
	for range 26 {
		data.WriteString(d("M400 190L%v %v", 400+s.between(-76, 76), 190+s.between(-76, 70)))
	}
	s.line(faded{s.accent.lighter(.35), .5}, 5, data.String())
	dome := "M195 520C180 300 300 225 400 225S620 300 605 520Z"
	s.cast(dome)
	s.path(s.round(s.main), dome)
	s.decorate(dome, area{190, 225, 420, 300}, 10)
	cuff := box(178, 490, 444, 140, 44)
	s.path(s.round(s.main.darker(.08)), cuff)
	s.pattern = "ribs"
	s.decorate(cuff, area{178, 490, 444, 140}, 0)
	s.rect(hex(0xb4835a), 470, 540, 72, 46, 6)
}

func drawBoots(s *sketch) {
	boot := func() {
		body := "M300 250H450L455 470C520 500 590 520 596 610H290Z"
		s.path(s.round(s.main), body)
		if s.style == "wellies" {
			s.line(s.accent, 14, "M302 268H450")
			s.path(light(.22), "M325 290h26l6 240h-30Z")
		} else {
			s.path(s.main.darker(.3), "M300 235H452V270H300Z")
			s.line(s.accent, 9, "M430 310L490 340M430 350L494 380M436 395L500 420M442 440L506 456")
			s.path(shadow(.15), "M300 540Q400 560 450 500Q400 470 300 480Z")
		}
		s.path(s.down(hex(0x4a4038), hex(0x2d2924)), "M284 600H600Q612 646 590 648H300Q280 646 284 600Z")
		s.line(hex(0x1f1a18), 6, "M330 648v-14M380 648v-14M430 648v-14M480 648v-14M530 648v-14")
	}
	s.stand(400, 230)
	s.moved(470, 618, .86, boot)
	s.moved(330, 650, .98, boot)
}

func drawBinoculars(s *sketch) {
	s.stand(400, 200)
	s.line(hex(0x55483c), 10, "M240 380C120 250 260 120 400 130S680 250 560 380")
	for _, x := range []float64{288, 512} {
		s.turnedBody(s.main, x, 300, 56, 400, 64, 470, 92, 600, 104, 640, 104)
		s.path(s.round(hex(0x2d2e33)), lathe(x, 262, 58, 306, 58))
		s.path(s.metal(s.accent), lathe(x, 600, 107, 620, 107))
		s.oval(s.ball(hex(0x4b7c9b)), x, 640, 92, 20)
	}
	s.path(s.round(s.main.darker(.25)), "M340 340H460V470H340Z")
	s.path(s.metal(s.accent), "M372 300H428V380H372Z")
	s.line(shadow(.4), 4, "M384 304V376M400 304V376M416 304V376")
}

func drawCoolBox(s *sketch) {
	s.stand(400, 220)
	s.line(s.accent.darker(.2), 18, "M190 430V250H610V430")
	s.path(s.round(s.main), box(170, 430, 460, 218, 26))
	s.decorate(box(170, 430, 460, 218, 26), area{170, 430, 460, 218}, 0)
	s.path(s.down(s.accent.lighter(.3), s.accent), box(156, 360, 488, 84, 24))
	s.rect(hex(0x8d979f), 372, 424, 56, 52, 8)
	s.line(light(.5), 7, "M180 378H600")
}

func drawFirePit(s *sketch) {
	s.stand(400, 210)
	s.oval(s.glow(hex(0xffc873), .8), 400, 370, 300, 260)
	s.tube(hex(0x7d5638), 44, "M270 450L500 380M530 450L300 390")
	s.path(s.down(hex(0xf6b04a), hex(0xdc5a34)), "M400 160C470 260 520 300 500 410Q470 480 400 480T300 410C280 330 350 300 400 160Z")
	s.path(s.down(hex(0xffe9a8), hex(0xf6a93e)), "M405 280C440 340 460 370 445 430Q400 470 355 430C345 380 390 360 405 280Z")
	s.path(s.round(s.main), lathe(400, 440, 216, 520, 190, 580, 110, 600, 90))
	s.line(s.main.lighter(.25), 9, "M186 444A214 33 0 0 0 614 444")
	s.tube(s.main.darker(.2), 18, "M310 580L270 645M490 580L530 645M400 600V646")
}
