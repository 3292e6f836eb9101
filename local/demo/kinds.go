package demo

// kind is a sort of thing that the illustrator can draw.
type kind struct {
	draw func(s *sketch)
	// flat things are seen from above or hang on the wall: no table edge behind them.
	flat bool
}

// kinds are all things that the illustrator can draw, by the name that a product's picture gives.
var kinds = map[string]kind{
	"lamp": {draw: drawLamp}, "armchair": {draw: drawArmchair}, "chair": {draw: drawChair}, "stool": {draw: drawStool},
	"blanket": {draw: drawBlanket}, "cushion": {draw: drawCushion}, "vase": {draw: drawVase}, "wall-clock": {drawWallClock, true},
	"candle": {draw: drawCandle}, "mirror": {drawMirror, true}, "basket": {draw: drawBasket},

	"pan": {drawPan, true}, "pot": {draw: drawPot}, "knife": {drawKnife, true}, "board": {drawBoard, true}, "bowl": {draw: drawBowl},
	"plate": {drawPlate, true}, "mill": {draw: drawMill}, "utensils": {draw: drawUtensils}, "scale": {draw: drawScale},
	"apron": {drawApron, true}, "towel": {drawTowel, true}, "jar": {draw: drawJar}, "cruet": {draw: drawCruet},
	"rolling-pin": {drawRollingPin, true},

	"mug": {draw: drawMug}, "cup": {draw: drawCup}, "dripper": {draw: drawDripper}, "french-press": {draw: drawFrenchPress},
	"moka": {draw: drawMoka}, "kettle": {draw: drawKettle}, "teapot": {draw: drawTeapot}, "grinder": {draw: drawGrinder},
	"coffee-bag": {draw: drawCoffeeBag}, "tea-tin": {draw: drawTeaTin}, "glass": {draw: drawGlass},
	"matcha": {draw: drawMatcha},

	"notebook": {drawNotebook, true}, "pencils": {drawPencils, true}, "pen": {drawPen, true}, "desk-lamp": {draw: drawDeskLamp},
	"organiser": {draw: drawOrganiser}, "stapler": {draw: drawStapler}, "scissors": {drawScissors, true}, "desk-mat": {drawDeskMat, true},
	"keyboard": {drawKeyboard, true}, "mouse": {drawMouse, true}, "laptop-stand": {draw: drawLaptopStand}, "calendar": {draw: drawCalendar},
	"tray": {draw: drawTray}, "ruler": {drawRuler, true},
	"ink": {draw: drawInk},

	"tent": {draw: drawTent}, "backpack": {draw: drawBackpack}, "bottle": {draw: drawBottle}, "lantern": {draw: drawLantern},
	"torch": {drawTorch, true}, "sleeping-bag": {draw: drawSleepingBag}, "camp-chair": {draw: drawCampChair}, "compass": {drawCompass, true},
	"pocket-knife": {drawPocketKnife, true}, "hammock": {drawHammock, true}, "jacket": {drawJacket, true}, "beanie": {drawBeanie, true},
	"boots": {draw: drawBoots}, "binoculars": {draw: drawBinoculars}, "cool-box": {draw: drawCoolBox}, "fire-pit": {draw: drawFirePit},

	"yoga-mat": {draw: drawYogaMat}, "dumbbell": {draw: drawDumbbell}, "kettlebell": {draw: drawKettlebell}, "ball": {draw: drawBall},
	"racket": {drawRacket, true}, "paddle": {drawPaddle, true}, "helmet": {drawHelmet, true}, "rope": {drawRope, true},
	"shoe": {draw: drawShoe}, "roller": {draw: drawRoller}, "bands": {drawBands, true}, "duffel": {draw: drawDuffel},
	"goggles": {drawGoggles, true}, "skateboard": {drawSkateboard, true},

	"book": {draw: drawBook}, "book-stack": {draw: drawBookStack}, "open-book": {drawOpenBook, true},

	"train": {draw: drawTrain}, "puzzle": {drawPuzzle, true}, "dice": {draw: drawDice}, "stacking-rings": {draw: drawStackingRings},
	"blocks": {draw: drawBlocks}, "plush": {draw: drawPlush}, "spinning-top": {draw: drawSpinningTop}, "kite": {drawKite, true},
	"car": {draw: drawCar}, "rocket": {draw: drawRocket}, "yoyo": {drawYoyo, true}, "marbles": {drawMarbles, true},
	"dollhouse": {draw: drawDollhouse}, "xylophone": {drawXylophone, true},
	"robot": {draw: drawRobot}, "duck": {draw: drawDuck},

	"headphones": {draw: drawHeadphones}, "earbuds": {draw: drawEarbuds}, "speaker": {draw: drawSpeaker}, "soundbar": {draw: drawSoundbar},
	"turntable": {drawTurntable, true}, "radio": {draw: drawRadio}, "microphone": {draw: drawMicrophone}, "record": {drawRecord, true},
	"cassette": {draw: drawCassette}, "amplifier": {draw: drawAmplifier}, "cable": {drawCable, true}, "metronome": {draw: drawMetronome},
	"ukulele": {drawUkulele, true},

	"watering-can": {draw: drawWateringCan}, "plant": {draw: drawPlant}, "pots": {draw: drawPots}, "hanging-planter": {drawHangingPlanter, true},
	"garden-tool": {drawTrowel, true}, "garden-gloves": {drawGardenGloves, true}, "seeds": {drawSeeds, true}, "birdhouse": {draw: drawBirdhouse},
	"wheelbarrow": {draw: drawWheelbarrow}, "sprayer": {draw: drawSprayer},
}

// Picture draws the product as a square SVG (image/svg+xml). It is deterministic: the same product gives the same bytes.
// The file stands alone: no scripts, styles, text or references to anything outside it.
func Picture(product Product) []byte {
	s := newSketch(product)
	kind := kinds[product.Picture.Kind]
	s.backdrop(product.Category, kind.flat)
	if kind.draw != nil {
		kind.draw(s)
	}
	return s.svg()
}
